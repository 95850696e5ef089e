// Vectors that come after the rest of their rows: a partition is searched as soon as its codes are there, and whoever has
// the vectors scores what a scan finds until they are (`ScanCandidates`).

extension Partition {
    /// Adds vectors of rows that are not there yet. Keys that it does not hold are passed over. Nobody reads any of them
    /// before `noteVectors`.
    ///
    /// O(count + chunks × keys + vectors added × dimension)
    ///
    /// - Precondition: One at a time, and nobody edits this partition or copies of it meanwhile.
    /// - Parameters:
    ///   - keys: Ascending.
    ///   - withVector: Calls its closure with the vector of a key, by its position: `dimension` components.
    package func addVectors(of keys: [RowKey], _ withVector: (Int, (UnsafePointer<Float>) -> Void) -> Void) {
        for chunk in chunks { chunk.addVectors(of: keys, withVector) }
    }

    /// Lets vectors be read, of those chunks that have all of theirs: by plans that are made from now on. O(count).
    package func noteVectors() {
        for chunk in chunks where !chunk.hasVectors { chunk.noteCompletion() }
    }
}
