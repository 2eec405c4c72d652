/* Machine code of expressions, made and freed so that the child of a fork can do so too.
 *
 * PCRE2 keeps the memory for machine code under one lock of the process, which it does not have free in a child: one that was
 * forked while another thread was compiling would wait for ever. So all that takes that lock is done under one of ours, for which
 * a fork waits. Where forks cannot be waited for, no machine code is made. */
#include "regex_jit.h"

#include "os.h"

static os_mutex lock = OS_MUTEX_INITIALIZER;
static int forks_wait;

static void take(void) {
  tome__os_mutex_lock(&lock);
}

static void give_back(void) {
  tome__os_mutex_unlock(&lock);
}

/* As soon as the library is there: a fork under way would not wait for what it is told of meanwhile. */
__attribute__((constructor)) static void have_forks_wait(void) {
  forks_wait = tome__os_at_fork(take, give_back, give_back) == 0;
}

int tome__regex_jit(pcre2_code *code, uint32_t options) {
  if (!forks_wait)
    return 0;
  take();
  int done = pcre2_jit_compile(code, options) == 0;
  give_back();
  return done;
}

void tome__regex_code_free(pcre2_code *code) {
  take();
  pcre2_code_free(code);
  give_back();
}

void tome__regex_jit_trim(pcre2_general_context *memory) {
  take();
  pcre2_jit_free_unused_memory(memory);
  give_back();
}
