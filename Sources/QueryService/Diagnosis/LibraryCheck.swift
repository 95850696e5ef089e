import IndexStore
import VectorSearch

/// The libraries that the machine chooses: BLAS and SQLite.
struct LibraryCheck {
    var findings: [Finding] { [blas, sqlite] }

    private var blas: Finding {
        let library = BLASLibrary.current
        // Without wide registers for bytes it carries the scan.
        return library.isOptimised || CodeKernel.best != .scalar
            ? .ok("BLAS", library.name)
            : .warning(
                "BLAS", "\(library.name): a scan takes several times as long",
                remedy: "run `apt-get install libopenblas0-pthread`; where it is installed, choose it with "
                    + "`update-alternatives --config libblas.so.3-$(uname -m)-linux-gnu`")
    }

    private var sqlite: Finding {
        guard let library = try? SQLiteLibrary() else {
            return .problem(
                "SQLite", "does not open a database in memory", remedy: "run `apt-get install --reinstall libsqlite3-0`"
            )
        }
        return library.lacks.isEmpty
            ? .ok("SQLite", library.version)
            : .problem(
                "SQLite", "\(library.version) lacks \(library.lacks.joined(separator: ", "))",
                remedy: "run `apt-get install libsqlite3-0`, 3.37 or later, built with its usual options")
    }
}
