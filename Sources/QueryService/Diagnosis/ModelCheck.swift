import Enclaves
import Foundation
import TextEmbedding

/// Where vectors come from. Of the model in this process: its files, and their hashes; reads 91 MB. Of an endpoint only
/// its name: looking opens no connection.
struct ModelCheck {
    let embedding: EnclaveSettings.Embedding

    var finding: Finding {
        switch embedding {
        case .model(let folder, let precision): model(in: folder, EncoderPrecision(precision))
        case .endpoint(let endpoint): .ok(endpoint.model, "asked of \(endpoint.url.destination)")
        }
    }

    /// Both precisions read the same files.
    private func model(in folder: URL, _ precision: EncoderPrecision) -> Finding {
        do {
            let model = try ModelFolder(folder.path)
            return .ok(precision.modelName, "\(precision.rawValue), hashes as expected, in \(model.path)")
        } catch {
            return .problem(
                precision.modelName, "\(error)",
                remedy: "see `embedding.model` in portcullis.yaml; the program uses no other model")
        }
    }
}
