#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>
#include <uniwbrk.h>

/* Swift sees no macro that takes the address of a structure it does not know. */
static inline uninorm_t unistring_nfkd(void) { return UNINORM_NFKD; }
