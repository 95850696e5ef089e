/// Reads policies and expressions in the JSON policy format.
///
/// It takes what the reference engine takes but for keys that mean nothing: those are errors, since a misspelt key
/// would be a condition that is not there.
struct PolicyJSONReader {
    let shapes: JSONShapes
    let values: ValueReader

    init(_ source: SourceText) {
        shapes = JSONShapes(source: source)
        values = ValueReader(source: source)
    }
}
