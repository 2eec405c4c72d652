/* Included before what is compiled as Microsoft's compiler would, by clang, with mingw-w64's headers, which are not meant for that:
 * here is what they need, and what they lack that Microsoft's have. */
#define __MM_MALLOC_H /* clang's, which they do not get along with */
#include <x86intrin.h>

#include <_mingw.h>
/* Written behind a function's name, where only GNU C has them. */
#undef __MINGW_ATTRIB_DEPRECATED
#define __MINGW_ATTRIB_DEPRECATED
#undef __MINGW_ATTRIB_NORETURN
#define __MINGW_ATTRIB_NORETURN
#undef __MINGW_NOTHROW
#define __MINGW_NOTHROW

#include <stdlib.h>
#ifndef __cplusplus
_invalid_parameter_handler
_set_thread_local_invalid_parameter_handler(_invalid_parameter_handler handler);
#endif
