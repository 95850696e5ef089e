#define _GNU_SOURCE
#include "fault_layer.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { sector = 512 };

/// A change of a file that no sync followed.
typedef struct change {
    struct change *next;
    /// -1 for a change of length to `size`.
    int64_t offset;
    int64_t size;
    /// A sync failed after this write. The kernel takes such a page for written, and a later sync passes it over.
    bool doomed;
    unsigned char bytes[];
} change;

/// One file, from its making to its removal.
typedef struct image {
    struct image *next;
    char *path;
    ino_t inode;
    /// What the disk holds for certain.
    unsigned char *bytes;
    int64_t size;
    change *first, **last;
    /// Whether the folder on the disk has the name.
    bool is_named;
    /// Whether it was named so when the folder was last synced; a rename may have followed.
    bool was_at_path;
    bool is_removed;
} image;

struct fault_layer {
    struct fault_layer *next;
    char *prefix;
    pthread_mutex_t mutex;
    fault_kind kind;
    fault_code code;
    int64_t operation;
    int64_t count;
    bool has_failed;
    bool is_dark;
    bool ignores_syncs;
    int32_t open_files;
    char what[256];
    /// In the order of their making.
    image *images;
};

typedef struct {
    sqlite3_file base;
    fault_layer *layer;
    image *image;
    /// The first sync of a new journal syncs its folder too.
    bool syncs_folder;
    sqlite3_file *real;
} fault_file;

static sqlite3_vfs *real_vfs;
static fault_layer *layers;
static pthread_mutex_t layers_mutex = PTHREAD_MUTEX_INITIALIZER;

// ---- What is on the disk

static void *must(void *memory) {
    if (!memory) abort();
    return memory;
}

static void resize(image *file, int64_t size) {
    if (size > file->size) {
        file->bytes = must(realloc(file->bytes, (size_t)size));
        memset(file->bytes + file->size, 0, (size_t)(size - file->size));
    }
    file->size = size;
}

static void put(image *file, const unsigned char *bytes, int64_t offset, int64_t size) {
    if (offset + size > file->size) resize(file, offset + size);
    memcpy(file->bytes + offset, bytes, (size_t)size);
}

static void note(image *file, const void *bytes, int64_t offset, int64_t size) {
    size_t length = offset < 0 ? 0 : (size_t)size;
    change *new = must(malloc(sizeof(change) + length));
    *new = (change){.offset = offset, .size = size};
    if (length) memcpy(new->bytes, bytes, length);
    *file->last = new;
    file->last = &new->next;
}

static void forget_changes(image *file) {
    for (change *c = file->first, *next; c; c = next) {
        next = c->next;
        free(c);
    }
    file->first = NULL;
    file->last = &file->first;
}

static void settle(image *file) {
    for (change *c = file->first; c; c = c->next) {
        if (c->offset < 0) {
            resize(file, c->size);
        } else if (!c->doomed) {
            put(file, c->bytes, c->offset, c->size);
        }
    }
    forget_changes(file);
}

static void free_image(image *file) {
    forget_changes(file);
    free(file->bytes);
    free(file->path);
    free(file);
}

static image *find_image(fault_layer *layer, const char *path) {
    for (image *i = layer->images; i; i = i->next) {
        if (!i->is_removed && strcmp(i->path, path) == 0) return i;
    }
    return NULL;
}

static image *add_image(fault_layer *layer, const char *path, bool is_named) {
    image *new = must(calloc(1, sizeof(image)));
    new->path = must(strdup(path));
    new->last = &new->first;
    new->is_named = is_named;
    image **end = &layer->images;
    while (*end) end = &(*end)->next;
    *end = new;
    return new;
}

/// A file that was renamed since it was last open, by its inode.
static image *find_renamed(fault_layer *layer, ino_t inode) {
    for (image *i = layer->images; i; i = i->next) {
        if (!i->is_removed && i->inode == inode && access(i->path, F_OK) != 0) return i;
    }
    return NULL;
}

static void settle_names(fault_layer *layer) {
    for (image **place = &layer->images; *place;) {
        image *file = *place;
        if (file->is_removed) {
            *place = file->next;
            free_image(file);
        } else {
            file->is_named = true;
            file->was_at_path = access(file->path, F_OK) == 0;
            place = &file->next;
        }
    }
}

// ---- What fails

/// Counts an operation and decides on it; called with the layer's mutex held. `fails_with` is the code of its kind.
static int begin(fault_layer *layer, int fails_with, bool needs_room, const char *verb, const image *file,
                 int64_t size, int64_t offset) {
    layer->count++;
    if (layer->is_dark) return fails_with;
    bool is_it = layer->count == layer->operation;
    bool fails = layer->kind != FAULT_NONE && (is_it || (layer->kind == FAULT_FROM_THEN_ON && layer->has_failed));
    if (!fails) return SQLITE_OK;
    if (is_it) {
        const char *name = strrchr(file->path, '/');
        snprintf(layer->what, sizeof layer->what, "%s %lld bytes at %lld of %s", verb, (long long)size,
                 (long long)offset, name ? name + 1 : file->path);
        layer->has_failed = true;
        layer->is_dark = layer->kind == FAULT_POWER_CUT;
    }
    return layer->code == FAULT_CODE_FULL && needs_room && !layer->is_dark ? SQLITE_FULL : fails_with;
}

// ---- Methods of an open file

static int file_close(sqlite3_file *base) {
    fault_file *file = (fault_file *)base;
    pthread_mutex_lock(&file->layer->mutex);
    int result = file->real->pMethods->xClose(file->real);
    file->layer->open_files--;
    pthread_mutex_unlock(&file->layer->mutex);
    return result;
}

static int file_read(sqlite3_file *base, void *bytes, int size, sqlite3_int64 offset) {
    fault_file *file = (fault_file *)base;
    return file->real->pMethods->xRead(file->real, bytes, size, offset);
}

static int file_write(sqlite3_file *base, const void *bytes, int size, sqlite3_int64 offset) {
    fault_file *file = (fault_file *)base;
    fault_layer *layer = file->layer;
    pthread_mutex_lock(&layer->mutex);
    bool was_dark = layer->is_dark;
    int fault = begin(layer, SQLITE_IOERR_WRITE, true, "write", file->image, size, offset);
    int result = fault;
    if (!was_dark) {
        // Of a write that the power cut interrupted some sectors may have arrived; of one that failed, the first half.
        int written = fault == SQLITE_OK || layer->is_dark ? size : size / 2;
        if (!layer->is_dark) {
            int code = file->real->pMethods->xWrite(file->real, bytes, written, offset);
            if (code != SQLITE_OK) {
                result = code;
                written = 0;
            }
        }
        if (written) note(file->image, bytes, offset, written);
    }
    pthread_mutex_unlock(&layer->mutex);
    return result;
}

static int file_truncate(sqlite3_file *base, sqlite3_int64 size) {
    fault_file *file = (fault_file *)base;
    fault_layer *layer = file->layer;
    pthread_mutex_lock(&layer->mutex);
    int result = begin(layer, SQLITE_IOERR_TRUNCATE, false, "truncate", file->image, size, 0);
    if (result == SQLITE_OK) result = file->real->pMethods->xTruncate(file->real, size);
    if (result == SQLITE_OK) note(file->image, NULL, -1, size);
    pthread_mutex_unlock(&layer->mutex);
    return result;
}

static int file_sync(sqlite3_file *base, int flags) {
    fault_file *file = (fault_file *)base;
    fault_layer *layer = file->layer;
    (void)flags;
    pthread_mutex_lock(&layer->mutex);
    int result = begin(layer, SQLITE_IOERR_FSYNC, false, "sync", file->image, 0, 0);
    if (result != SQLITE_OK) {
        for (change *c = file->image->first; c && !layer->is_dark; c = c->next) c->doomed = true;
    } else if (!layer->ignores_syncs) {
        settle(file->image);
        if (file->syncs_folder) settle_names(layer);
        file->syncs_folder = false;
    }
    pthread_mutex_unlock(&layer->mutex);
    return result;
}

static int file_size(sqlite3_file *base, sqlite3_int64 *size) {
    fault_file *file = (fault_file *)base;
    return file->real->pMethods->xFileSize(file->real, size);
}

static int file_lock(sqlite3_file *base, int level) {
    fault_file *file = (fault_file *)base;
    return file->real->pMethods->xLock(file->real, level);
}

static int file_unlock(sqlite3_file *base, int level) {
    fault_file *file = (fault_file *)base;
    return file->real->pMethods->xUnlock(file->real, level);
}

static int file_check_lock(sqlite3_file *base, int *result) {
    fault_file *file = (fault_file *)base;
    return file->real->pMethods->xCheckReservedLock(file->real, result);
}

static int file_control(sqlite3_file *base, int operation, void *argument) {
    fault_file *file = (fault_file *)base;
    // Room that is set aside beforehand would be a change of length that is not seen.
    if (operation == SQLITE_FCNTL_SIZE_HINT || operation == SQLITE_FCNTL_CHUNK_SIZE) return SQLITE_OK;
    return file->real->pMethods->xFileControl(file->real, operation, argument);
}

static int file_sector_size(sqlite3_file *base) {
    fault_file *file = (fault_file *)base;
    return file->real->pMethods->xSectorSize(file->real);
}

static int file_characteristics(sqlite3_file *base) {
    fault_file *file = (fault_file *)base;
    return file->real->pMethods->xDeviceCharacteristics(file->real);
}

static int file_shm_map(sqlite3_file *base, int region, int size, int extend, void volatile **memory) {
    fault_file *file = (fault_file *)base;
    fault_layer *layer = file->layer;
    if (!extend) return file->real->pMethods->xShmMap(file->real, region, size, extend, memory);
    *memory = NULL;
    pthread_mutex_lock(&layer->mutex);
    int result = begin(layer, SQLITE_IOERR_SHMMAP, true, "map", file->image, size, (int64_t)region * size);
    if (result == SQLITE_OK) result = file->real->pMethods->xShmMap(file->real, region, size, extend, memory);
    pthread_mutex_unlock(&layer->mutex);
    return result;
}

static int file_shm_lock(sqlite3_file *base, int offset, int count, int flags) {
    fault_file *file = (fault_file *)base;
    return file->real->pMethods->xShmLock(file->real, offset, count, flags);
}

static void file_shm_barrier(sqlite3_file *base) {
    fault_file *file = (fault_file *)base;
    file->real->pMethods->xShmBarrier(file->real);
}

static int file_shm_unmap(sqlite3_file *base, int removes) {
    fault_file *file = (fault_file *)base;
    return file->real->pMethods->xShmUnmap(file->real, removes);
}

// Version 2: without memory mapping of the file itself, whose writes could not be seen.
static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_unlock,
    .xCheckReservedLock = file_check_lock,
    .xFileControl = file_control,
    .xSectorSize = file_sector_size,
    .xDeviceCharacteristics = file_characteristics,
    .xShmMap = file_shm_map,
    .xShmLock = file_shm_lock,
    .xShmBarrier = file_shm_barrier,
    .xShmUnmap = file_shm_unmap,
};

// ---- Methods of the file layer

static fault_layer *layer_of(const char *path) {
    fault_layer *found = NULL;
    pthread_mutex_lock(&layers_mutex);
    for (fault_layer *l = layers; l && !found; l = l->next) {
        if (path && strncmp(path, l->prefix, strlen(l->prefix)) == 0) found = l;
    }
    pthread_mutex_unlock(&layers_mutex);
    return found;
}

/// Reads what the disk holds of a file that the layer meets for the first time.
static int load(image *file, sqlite3_file *real) {
    sqlite3_int64 size = 0;
    int result = real->pMethods->xFileSize(real, &size);
    if (result != SQLITE_OK || size == 0) return result;
    resize(file, size);
    return real->pMethods->xRead(real, file->bytes, (int)size, 0);
}

static int vfs_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *base, int flags, int *out) {
    (void)vfs;
    fault_layer *layer = layer_of(path);
    if (!layer) return real_vfs->xOpen(real_vfs, path, base, flags, out);
    fault_file *file = (fault_file *)base;
    *file = (fault_file){.layer = layer, .real = (sqlite3_file *)(file + 1)};
    memset(file->real, 0, (size_t)real_vfs->szOsFile);

    pthread_mutex_lock(&layer->mutex);
    struct stat status;
    bool exists = stat(path, &status) == 0;
    image *image = find_image(layer, path);
    if (image && (!exists || image->inode != status.st_ino)) {
        // Removed or replaced by other hands.
        image->is_removed = true;
        image->is_named = false;
        image = NULL;
    }
    if (!image && exists && (image = find_renamed(layer, status.st_ino))) {
        // The disk has the new name once the folder was synced after the renaming.
        image->is_named = image->is_named && !image->was_at_path;
        free(image->path);
        image->path = must(strdup(path));
    }
    bool is_new = !image;
    if (!image) image = add_image(layer, path, exists);
    int result = SQLITE_OK;
    if (!exists && flags & SQLITE_OPEN_CREATE) {
        result = begin(layer, SQLITE_CANTOPEN, false, "make", image, 0, 0);
    }
    if (result == SQLITE_OK) result = real_vfs->xOpen(real_vfs, path, file->real, flags, out);
    if (result == SQLITE_OK && is_new && exists) {
        result = load(image, file->real);
        if (result != SQLITE_OK) file->real->pMethods->xClose(file->real);
    }
    if (result == SQLITE_OK && stat(path, &status) == 0) {
        image->inode = status.st_ino;
        file->image = image;
        file->syncs_folder = !exists && flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL);
        file->base.pMethods = &methods;
        layer->open_files++;
    } else if (is_new) {
        image->is_removed = true;
        image->is_named = false;
    }
    pthread_mutex_unlock(&layer->mutex);
    return result;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *path, int syncs_folder) {
    (void)vfs;
    fault_layer *layer = layer_of(path);
    if (!layer) return real_vfs->xDelete(real_vfs, path, syncs_folder);
    pthread_mutex_lock(&layer->mutex);
    bool exists = access(path, F_OK) == 0;
    image *image = find_image(layer, path);
    int result = SQLITE_IOERR_DELETE_NOENT;
    if (exists) {
        // A journal that was left from before is removed without being opened.
        if (!image) image = add_image(layer, path, true);
        result = begin(layer, SQLITE_IOERR_DELETE, false, "remove", image, 0, 0);
        if (result == SQLITE_OK) result = real_vfs->xDelete(real_vfs, path, 0);
        if (result == SQLITE_OK) image->is_removed = true;
        if (result == SQLITE_OK && syncs_folder && !layer->ignores_syncs) settle_names(layer);
    }
    pthread_mutex_unlock(&layer->mutex);
    return result;
}

static int vfs_access(sqlite3_vfs *vfs, const char *path, int flags, int *result) {
    (void)vfs;
    return real_vfs->xAccess(real_vfs, path, flags, result);
}

static int vfs_full_path(sqlite3_vfs *vfs, const char *path, int size, char *out) {
    (void)vfs;
    return real_vfs->xFullPathname(real_vfs, path, size, out);
}

static void *vfs_library_open(sqlite3_vfs *vfs, const char *path) {
    (void)vfs;
    return real_vfs->xDlOpen(real_vfs, path);
}

static void vfs_library_error(sqlite3_vfs *vfs, int size, char *out) {
    (void)vfs;
    real_vfs->xDlError(real_vfs, size, out);
}

static void (*vfs_library_symbol(sqlite3_vfs *vfs, void *library, const char *name))(void) {
    (void)vfs;
    return real_vfs->xDlSym(real_vfs, library, name);
}

static void vfs_library_close(sqlite3_vfs *vfs, void *library) {
    (void)vfs;
    real_vfs->xDlClose(real_vfs, library);
}

static int vfs_randomness(sqlite3_vfs *vfs, int size, char *out) {
    (void)vfs;
    return real_vfs->xRandomness(real_vfs, size, out);
}

static int vfs_sleep(sqlite3_vfs *vfs, int microseconds) {
    (void)vfs;
    return real_vfs->xSleep(real_vfs, microseconds);
}

static int vfs_time(sqlite3_vfs *vfs, double *out) {
    (void)vfs;
    return real_vfs->xCurrentTime(real_vfs, out);
}

static int vfs_last_error(sqlite3_vfs *vfs, int size, char *out) {
    (void)vfs;
    return real_vfs->xGetLastError(real_vfs, size, out);
}

static int vfs_time_64(sqlite3_vfs *vfs, sqlite3_int64 *out) {
    (void)vfs;
    return real_vfs->xCurrentTimeInt64(real_vfs, out);
}

static sqlite3_vfs layer_vfs = {
    .iVersion = 2,
    .zName = "fault-layer",
    .xOpen = vfs_open,
    .xDelete = vfs_delete,
    .xAccess = vfs_access,
    .xFullPathname = vfs_full_path,
    .xDlOpen = vfs_library_open,
    .xDlError = vfs_library_error,
    .xDlSym = vfs_library_symbol,
    .xDlClose = vfs_library_close,
    .xRandomness = vfs_randomness,
    .xSleep = vfs_sleep,
    .xCurrentTime = vfs_time,
    .xGetLastError = vfs_last_error,
    .xCurrentTimeInt64 = vfs_time_64,
};

static bool is_installed;

static void install(void) {
    real_vfs = sqlite3_vfs_find("unix");
    if (!real_vfs) return;
    layer_vfs.szOsFile = (int)sizeof(fault_file) + real_vfs->szOsFile;
    layer_vfs.mxPathname = real_vfs->mxPathname;
    is_installed = sqlite3_vfs_register(&layer_vfs, 1) == SQLITE_OK;
}

bool fault_layer_install(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, install);
    return is_installed;
}

// ---- Syncs past SQLite

/// Stands in for the C library's, so that syncs of a folder by the program itself count.
int fsync(int descriptor) {
    struct stat status, folder;
    bool is_folder = fstat(descriptor, &status) == 0 && S_ISDIR(status.st_mode);
    pthread_mutex_lock(&layers_mutex);
    for (fault_layer *l = layers; l && is_folder; l = l->next) {
        if (stat(l->prefix, &folder) != 0 || folder.st_ino != status.st_ino || folder.st_dev != status.st_dev) continue;
        pthread_mutex_lock(&l->mutex);
        if (!l->is_dark && !l->ignores_syncs) settle_names(l);
        pthread_mutex_unlock(&l->mutex);
    }
    pthread_mutex_unlock(&layers_mutex);
    return (int)syscall(SYS_fsync, descriptor);
}

// ---- Layers

fault_layer *fault_layer_create(const char *prefix) {
    fault_layer *layer = calloc(1, sizeof(fault_layer));
    if (!layer) return NULL;
    layer->prefix = must(strdup(prefix));
    pthread_mutex_init(&layer->mutex, NULL);
    pthread_mutex_lock(&layers_mutex);
    layer->next = layers;
    layers = layer;
    pthread_mutex_unlock(&layers_mutex);
    return layer;
}

static void forget_images(fault_layer *layer) {
    for (image *i = layer->images, *next; i; i = next) {
        next = i->next;
        free_image(i);
    }
    layer->images = NULL;
}

void fault_layer_free(fault_layer *layer) {
    pthread_mutex_lock(&layers_mutex);
    fault_layer **place = &layers;
    while (*place != layer) place = &(*place)->next;
    *place = layer->next;
    pthread_mutex_unlock(&layers_mutex);
    // A file that is open although none may be keeps the layer it refers to.
    if (layer->open_files) return;
    forget_images(layer);
    pthread_mutex_destroy(&layer->mutex);
    free(layer->prefix);
    free(layer);
}

void fault_layer_arm(fault_layer *layer, fault_kind kind, fault_code code, int64_t operation) {
    pthread_mutex_lock(&layer->mutex);
    layer->kind = kind;
    layer->code = code;
    layer->operation = operation;
    layer->count = 0;
    layer->has_failed = false;
    layer->is_dark = false;
    layer->what[0] = 0;
    pthread_mutex_unlock(&layer->mutex);
}

void fault_layer_ignore_syncs(fault_layer *layer, bool ignore) {
    pthread_mutex_lock(&layer->mutex);
    layer->ignores_syncs = ignore;
    pthread_mutex_unlock(&layer->mutex);
}

int64_t fault_layer_operations(fault_layer *layer) {
    pthread_mutex_lock(&layer->mutex);
    int64_t count = layer->count;
    pthread_mutex_unlock(&layer->mutex);
    return count;
}

bool fault_layer_has_failed(fault_layer *layer) {
    pthread_mutex_lock(&layer->mutex);
    bool has_failed = layer->has_failed;
    pthread_mutex_unlock(&layer->mutex);
    return has_failed;
}

void fault_layer_describe(fault_layer *layer, char *text, int32_t size) {
    pthread_mutex_lock(&layer->mutex);
    snprintf(text, (size_t)size, "%s", layer->what);
    pthread_mutex_unlock(&layer->mutex);
}

int32_t fault_layer_open_files(fault_layer *layer) {
    pthread_mutex_lock(&layer->mutex);
    int32_t count = layer->open_files;
    pthread_mutex_unlock(&layer->mutex);
    return count;
}

/// SplitMix64.
static bool coin(uint64_t *state) {
    uint64_t mixed = *state += 0x9E3779B97F4A7C15;
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
    return (mixed ^ (mixed >> 31)) & 1;
}

static void settle_some(image *file, uint64_t *state) {
    for (change *c = file->first; c; c = c->next) {
        if (c->offset < 0) {
            if (coin(state)) resize(file, c->size);
            continue;
        }
        for (int64_t start = c->offset, end; start < c->offset + c->size; start = end) {
            end = (start / sector + 1) * sector;
            if (end > c->offset + c->size) end = c->offset + c->size;
            if (!c->doomed && coin(state)) put(file, c->bytes + (start - c->offset), start, end - start);
        }
    }
}

static bool write_file(const image *file) {
    int descriptor = open(file->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (descriptor < 0) return false;
    bool is_written = true;
    for (int64_t done = 0; done < file->size && is_written;) {
        ssize_t count = write(descriptor, file->bytes + done, (size_t)(file->size - done));
        is_written = count > 0;
        done += count;
    }
    return close(descriptor) == 0 && is_written;
}

/// Whether the name is on the disk after the power cut.
static bool is_there(const image *file, fault_keep keep, uint64_t *state) {
    if (file->is_named && file->is_removed) return keep == FAULT_KEEP_SYNCED || coin(state);
    if (file->is_named) return true;
    return !file->is_removed && keep == FAULT_KEEP_SOME && coin(state);
}

bool fault_layer_crash(fault_layer *layer, fault_keep keep, uint64_t seed) {
    pthread_mutex_lock(&layer->mutex);
    bool is_done = layer->open_files == 0;
    // Of two files of one name the later one stands last.
    for (image *i = layer->images; i && is_done; i = i->next) {
        char memory[4096];
        snprintf(memory, sizeof memory, "%s-shm", i->path);
        unlink(memory);
        bool is_moved = !i->is_removed && access(i->path, F_OK) != 0;
        if (keep == FAULT_KEEP_ALL || is_moved) continue;
        if (keep == FAULT_KEEP_SOME) settle_some(i, &seed);
        if (is_there(i, keep, &seed)) {
            is_done = write_file(i);
        } else if (!i->is_removed) {
            is_done = unlink(i->path) == 0;
        }
    }
    if (is_done) {
        forget_images(layer);
        layer->kind = FAULT_NONE;
        layer->is_dark = false;
    }
    pthread_mutex_unlock(&layer->mutex);
    return is_done;
}
