# 64-bit PowerPC, big-endian, on Linux, run by qemu's user mode. Linked statically: there is no C library of its kind on this machine to load.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR ppc64)
set(CMAKE_C_COMPILER powerpc64-linux-gnu-gcc)
set(CMAKE_EXE_LINKER_FLAGS_INIT -static)
# qemu keeps a note of every page of address space that was ever taken: the usual reservations of 64 GiB would cost it a gigabyte and
# seconds each. With so little to have (-R) they are refused at once, and small ones made.
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-ppc64 -R 32G)
include(${CMAKE_CURRENT_LIST_DIR}/target_libraries.cmake)
