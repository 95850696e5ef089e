/// The title in the metadata of a Word document (`docProps/core.xml`).
final class WordTitle: XMLHandler {
    private(set) var title: [UInt8] = []
    private var isOpen = false

    func start(_ name: String, _ attributes: XMLAttributes) { isOpen = name == "dc:title" }
    func end(_ name: String) { isOpen = false }

    func text(_ bytes: UnsafeBufferPointer<UInt8>) {
        if isOpen, title.count <= 4 * ExtractionLimits.titleBytes { title += bytes }
    }
}
