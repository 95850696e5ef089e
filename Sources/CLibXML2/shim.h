#include <libxml/xmlversion.h>
/* A libxml2 built with ICU names ICU's types in one structure that is never used here, and their declarations clash with
   those of the ICU that Foundation carries. */
#undef LIBXML_ICU_ENABLED
#include <libxml/HTMLparser.h>
#include <libxml/tree.h>
#include <libxml/xmlerror.h>
