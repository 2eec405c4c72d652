/* Included before what is compiled as Microsoft's compiler would, after the system's headers: from here on a word is an error that
 * clang knows everywhere, or mingw-w64's headers, but Microsoft's compiler and headers do not. */
#include <io.h>
#include <process.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>

#undef __attribute__
#undef strcasecmp
#undef strncasecmp
#pragma GCC poison __attribute__ __attribute __asm__ __typeof__ __typeof typeof __extension__
#pragma GCC poison __int128 __int128_t __uint128_t __thread __auto_type __PRETTY_FUNCTION__
#pragma GCC poison __builtin_expect __builtin_unreachable __builtin_prefetch __builtin_trap
#pragma GCC poison __builtin_constant_p __builtin_choose_expr __builtin_types_compatible_p
#pragma GCC poison __builtin_clz __builtin_clzl __builtin_clzll __builtin_ctz __builtin_ctzl
#pragma GCC poison __builtin_ctzll __builtin_ffs __builtin_ffsll __builtin_popcount
#pragma GCC poison __builtin_popcountl __builtin_popcountll __builtin_bswap16 __builtin_bswap32
#pragma GCC poison __builtin_bswap64 __builtin_add_overflow __builtin_sub_overflow
#pragma GCC poison __builtin_mul_overflow __builtin_memcpy __builtin_alloca
#pragma GCC poison __atomic_load_n __atomic_load __atomic_store_n __atomic_store __atomic_exchange_n
#pragma GCC poison __atomic_compare_exchange_n __atomic_compare_exchange __atomic_add_fetch
#pragma GCC poison __atomic_sub_fetch __atomic_fetch_add __atomic_fetch_sub __atomic_fetch_and
#pragma GCC poison __atomic_fetch_or __atomic_thread_fence __atomic_test_and_set __atomic_clear
#pragma GCC poison __sync_synchronize __sync_fetch_and_add __sync_bool_compare_and_swap
#pragma GCC poison __sync_val_compare_and_swap __sync_lock_test_and_set __sync_lock_release
/* POSIX, of which mingw-w64 has some. */
#pragma GCC poison ssize_t off64_t pid_t mode_t useconds_t strcasecmp strncasecmp usleep
#pragma GCC poison gettimeofday clock_gettime nanosleep localtime_r gmtime_r ftruncate
