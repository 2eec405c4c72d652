# IBM Z, big-endian, on Linux, run by qemu's user mode. Linked statically: there is no C library
# of its kind on this machine to load.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR s390x)
set(CMAKE_C_COMPILER s390x-linux-gnu-gcc)
set(CMAKE_EXE_LINKER_FLAGS_INIT -static)
set(CMAKE_CROSSCOMPILING_EMULATOR ${CMAKE_CURRENT_LIST_DIR}/../../tools/run_in_qemu.sh s390x)
include(${CMAKE_CURRENT_LIST_DIR}/target_libraries.cmake)
