/* Preloaded into qemu's user mode when it runs a big-endian program.
 *
 * qemu takes the address of a bus error for the pair of 32-bit numbers that lies in the same place of other signals, and swaps
 * the bytes of each. In a program of the other byte order the halves of the address then are in the wrong places. They are
 * swapped here first. qemu itself does not look at the address of this signal. */
#include <dlfcn.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>

typedef int install(int number, const struct sigaction *new, struct sigaction *old);

static void (*handler)(int, siginfo_t *, void *);

static void on_bus_error(int number, siginfo_t *info, void *context) {
  siginfo_t swapped = *info;
  uint64_t address = (uintptr_t)info->si_addr;
  if (info->si_code > 0)
    swapped.si_addr = (void *)(uintptr_t)(address << 32 | address >> 32);
  handler(number, &swapped, context);
}

int sigaction(int number, const struct sigaction *new, struct sigaction *old) {
  void *found = dlsym(RTLD_NEXT, "sigaction");
  install *real;
  memcpy(&real, &found, sizeof real);
  if (number != SIGBUS || !new || !(new->sa_flags &SA_SIGINFO))
    return real(number, new, old);
  struct sigaction ours = *new;
  handler = new->sa_sigaction;
  ours.sa_sigaction = on_bus_error;
  return real(number, &ours, old);
}
