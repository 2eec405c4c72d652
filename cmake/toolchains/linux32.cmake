# 32-bit x86 on Linux, by the compiler's -m32. It runs on this machine as it is. The kernel's headers are those of 64 bits.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR i686)
set(CMAKE_C_COMPILER gcc)
set(CMAKE_C_FLAGS_INIT "-m32 -march=i686 -Wno-psabi -idirafter /usr/include/x86_64-linux-gnu")
include(${CMAKE_CURRENT_LIST_DIR}/target_libraries.cmake)
