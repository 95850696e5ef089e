#ifndef HEAP_H
#define HEAP_H

#include <malloc.h>

/// Gives pages of the heap in which nothing is left back to the system (malloc_trim(3)). The heap of glibc keeps them
/// otherwise, one share for each thread that let go of something.
static inline void heap_trim(void) {
#if defined(__GLIBC__)
    malloc_trim(0);
#endif
}

#endif
