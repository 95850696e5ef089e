import CSealing
import Glibc

/// What a process does for its keys before it reads one.
package enum ProcessHardening {
    /// No core dumps, and no other process of the user may look into this one.
    package static func forbidDumps() throws(KeyError) {
        guard sealing_forbid_dumps() == 0 else { throw .memory(reason: KeyError.systemText(errno)) }
    }
}
