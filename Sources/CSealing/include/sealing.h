#ifndef PORTCULLIS_SEALING_H
#define PORTCULLIS_SEALING_H

// The interface of PKCS#11 modules (OASIS PKCS #11 v2.40), as p11-kit declares it.
#include <p11-kit-1/p11-kit/pkcs11.h>

/// Forbids core dumps of this process, and other processes of its user to look into it (PR_SET_DUMPABLE of prctl(2)).
/// 0, or -1 with errno.
int sealing_forbid_dumps(void);

#endif
