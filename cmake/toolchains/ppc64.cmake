# 64-bit PowerPC, big-endian, on Linux, run by qemu's user mode. Linked statically: there is no C library of its kind on this machine to load.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR ppc64)
set(CMAKE_C_COMPILER powerpc64-linux-gnu-gcc)
set(CMAKE_EXE_LINKER_FLAGS_INIT -static)
# qemu keeps a note of every page of address space that was ever taken: the usual reservations of 64 GiB would cost it a gigabyte and
# seconds each. Under a limit they are refused at once, and small ones made. (Its own -R moves what is mapped, and then it
# tells a signal handler the wrong address.)
set(CMAKE_CROSSCOMPILING_EMULATOR prlimit --as=34359738368 qemu-ppc64)
include(${CMAKE_CURRENT_LIST_DIR}/target_libraries.cmake)
