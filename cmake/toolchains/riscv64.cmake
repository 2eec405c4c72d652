# 64-bit RISC-V on Linux, run by qemu's user mode. Linked statically: there is no C library
# of its kind on this machine to load.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR riscv64)
set(CMAKE_C_COMPILER riscv64-linux-gnu-gcc)
set(CMAKE_EXE_LINKER_FLAGS_INIT -static)
set(CMAKE_CROSSCOMPILING_EMULATOR ${CMAKE_CURRENT_LIST_DIR}/../../tools/run_in_qemu.sh riscv64)
include(${CMAKE_CURRENT_LIST_DIR}/target_libraries.cmake)
