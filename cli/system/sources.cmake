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
# getrusage() counts memory in bytes there, elsewhere in KiB.
set(command_system_definitions MAXRSS_UNIT=$<IF:$<PLATFORM_ID:Darwin>,1,1024>)
