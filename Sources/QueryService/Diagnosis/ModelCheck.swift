import Enclaves
import Foundation
import TextEmbedding

/// Where vectors come from. Of the model in this process: its files, and their hashes; reads 91 MB. Of an endpoint only
/// its name: looking opens no connection.
struct ModelCheck {
    let embedding: EnclaveSettings.Embedding

    var finding: Finding {
        switch embedding {
        case .model(let folder): model(in: folder)
        case .endpoint(let endpoint): .ok(endpoint.model, "asked of \(endpoint.url.destination)")
        }
    }

    private func model(in folder: URL) -> Finding {
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
