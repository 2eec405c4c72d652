# What the command asks of a system, as src/CMakeLists.txt picks the folders of src/os: command_system_sources, and the folders of
# their headers, command_system_folders.
set(command_system_folders ${CMAKE_CURRENT_LIST_DIR})
set(command_system_sources)
foreach(folder ${TOME_OS})
  file(GLOB folder_sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/${folder}/*.c)
  if(folder_sources)
    list(APPEND command_system_folders ${CMAKE_CURRENT_LIST_DIR}/${folder})
    list(APPEND command_system_sources ${folder_sources})
  endif()
endforeach()
# Windows has these things in common with systems that have nothing better, and links what the command calls of it.
set(command_system_libraries)
if("windows" IN_LIST TOME_OS)
  list(APPEND command_system_sources
    ${CMAKE_CURRENT_LIST_DIR}/generic/bytes_last_generic.c ${CMAKE_CURRENT_LIST_DIR}/generic/file_users_unknown.c
    ${CMAKE_CURRENT_LIST_DIR}/generic/watch_untold.c)
  set(command_system_libraries shell32)
endif()
# getrusage() counts memory in bytes there, elsewhere in KiB.
set(command_system_definitions MAXRSS_UNIT=$<IF:$<PLATFORM_ID:Darwin>,1,1024>
  $<$<PLATFORM_ID:Windows>:__USE_MINGW_ANSI_STDIO=1;_WIN32_WINNT=0x0602;UNICODE>)
