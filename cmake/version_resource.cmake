# version_resource(TARGET NAME TYPE): on Windows the file of that NAME tells what it is, and its version. TYPE is VFT_DLL or VFT_APP.
function(version_resource target resource_name resource_type)
  if(WIN32)
    set(resource ${CMAKE_CURRENT_BINARY_DIR}/${target}.rc)
    configure_file(${PROJECT_SOURCE_DIR}/cmake/version.rc.in ${resource} @ONLY)
    target_sources(${target} PRIVATE ${resource})
  endif()
endfunction()
