#ifndef FAULT_LAYER_H
#define FAULT_LAYER_H

#include <stdbool.h>
#include <stdint.h>

/// A file layer below SQLite that fails when it is told to, and that knows what a power cut would leave on the disk.
///
/// A layer stands over the files of one folder; all others pass through untouched. It numbers, from 1, every
/// operation that changes files: making, writing, truncating, syncing and removing one, and growing the shared memory
/// of a write-ahead log. Syncs do not reach the disk; the layer remembers instead which writes were followed by one.
/// The name of a new file, and the removal of an old one, last once their folder is synced: SQLite does so with the
/// first sync of a journal that the same connection made, and with some removals; the program does so by fsync(2),
/// which the layer stands in for.
typedef struct fault_layer fault_layer;

typedef enum {
    /// Nothing fails.
    FAULT_NONE,
    /// One operation fails. A write leaves half of its bytes.
    FAULT_ONCE,
    /// One operation fails, and all after it.
    FAULT_FROM_THEN_ON,
    /// The power fails in the middle of one operation: it and all after it fail.
    FAULT_POWER_CUT,
} fault_kind;

typedef enum {
    /// A write that fails does so for want of room; other operations as below.
    FAULT_CODE_FULL,
    /// Each operation fails with the input/output error of its kind.
    FAULT_CODE_IO,
} fault_code;

typedef enum {
    /// Nothing is kept that was not synced.
    FAULT_KEEP_SYNCED,
    /// Of what was not synced, each sector of 512 bytes, change of length and name is kept or lost, by a seed.
    FAULT_KEEP_SOME,
    /// Everything is kept, as when only the process dies.
    FAULT_KEEP_ALL,
} fault_keep;

/// Puts the file layer below SQLite, for the whole process and once. False where SQLite refuses it.
bool fault_layer_install(void);

/// A layer over the files of the folder at the full path `prefix`. NULL where there is no memory.
fault_layer *fault_layer_create(const char *prefix);

/// No file of the layer may be open.
void fault_layer_free(fault_layer *layer);

/// Sets what is to fail and begins to count anew.
void fault_layer_arm(fault_layer *layer, fault_kind kind, fault_code code, int64_t operation);

/// Whether syncs report success and are forgotten: a disk that lies.
void fault_layer_ignore_syncs(fault_layer *layer, bool ignore);

/// The operations since the layer was armed.
int64_t fault_layer_operations(fault_layer *layer);

/// Whether the operation that was to fail came.
bool fault_layer_has_failed(fault_layer *layer);

/// What the operation that failed was, such as "write 4096 bytes at 56 of index.sqlite-wal".
void fault_layer_describe(fault_layer *layer, char *text, int32_t size);

/// Files of the layer that SQLite holds open.
int32_t fault_layer_open_files(fault_layer *layer);

/// Leaves on the disk what a power cut would have left, gives the power back and disarms. Shared memory is discarded.
/// False where a file is still open or cannot be written.
bool fault_layer_crash(fault_layer *layer, fault_keep keep, uint64_t seed);

#endif
