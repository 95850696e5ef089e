import CVectorKernels

/// Memory that is in no `VectorMemory`.
package enum HeapMemory {
    /// Gives back to the system what a large piece of work, such as laying out all rows of an index, left free. Some
    /// milliseconds a gigabyte.
    package static func trim() { heap_trim() }
}
