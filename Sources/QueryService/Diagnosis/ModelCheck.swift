import Foundation
import TextEmbedding

/// The embedding model: its files, and their hashes. Reads 91 MB.
struct ModelCheck {
    let folder: URL

    var finding: Finding {
        do {
            let model = try ModelFolder(folder.path)
            return .ok("all-MiniLM-L6-v2", "hashes as expected, in \(model.path)")
        } catch {
            return .problem(
                "all-MiniLM-L6-v2", "\(error)",
                remedy: "see `embedding.model` in portcullis.yaml; the program uses no other model")
        }
    }
}
