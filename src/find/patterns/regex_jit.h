/* Machine code of expressions. */
#ifndef TOME_REGEX_JIT_H
#define TOME_REGEX_JIT_H

#include "regex_state.h"

/** Compile to machine code as well. `options` are those of pcre2_jit_compile(). Whether that was done. */
int tome__regex_jit(pcre2_code *code, uint32_t options);
/** Free an expression, with its machine code. NULL: nothing. */
void tome__regex_code_free(pcre2_code *code);
/** Give back the memory for machine code that is not used. */
void tome__regex_jit_trim(pcre2_general_context *memory);

#endif
