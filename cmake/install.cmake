# What `cmake --install` puts where. tests/install holds it to a manifest.
include(CMakePackageConfigHelpers)

set(tome_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/Tome)

install(TARGETS tome tome_static EXPORT TomeTargets)
install(DIRECTORY include/tome DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")

# find_package(Tome) gives Tome::tome and Tome::tome_static.
install(EXPORT TomeTargets NAMESPACE Tome:: DESTINATION ${tome_package_dir})
configure_package_config_file(
  ${CMAKE_CURRENT_LIST_DIR}/TomeConfig.cmake.in ${PROJECT_BINARY_DIR}/TomeConfig.cmake
  INSTALL_DESTINATION ${tome_package_dir} NO_SET_AND_CHECK_MACRO)
# Before 1.0 a minor version may change the interface.
write_basic_package_version_file(
  ${PROJECT_BINARY_DIR}/TomeConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/TomeConfig.cmake ${PROJECT_BINARY_DIR}/TomeConfigVersion.cmake
  DESTINATION ${tome_package_dir})

# The pkg-config file finds its prefix from where it lies, so that an installed tree may be moved.
file(RELATIVE_PATH tome_pc_to_prefix
  ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
file(RELATIVE_PATH tome_pc_libdir ${CMAKE_INSTALL_PREFIX} ${CMAKE_INSTALL_FULL_LIBDIR})
file(RELATIVE_PATH tome_pc_includedir ${CMAKE_INSTALL_PREFIX} ${CMAKE_INSTALL_FULL_INCLUDEDIR})
set(tome_pc_requires "")
if(tome_has_regex)
  set(tome_pc_requires libpcre2-8)
endif()
set(tome_pc_cflags_private "")
if(WIN32)
  set(tome_pc_cflags_private -DTOME_STATIC)
endif()
configure_file(${CMAKE_CURRENT_LIST_DIR}/tome.pc.in ${PROJECT_BINARY_DIR}/tome.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/tome.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

if(TOME_COMMAND AND NOT WIN32)
  install(FILES docs/man/tome.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
  install(FILES packaging/completions/tome.bash RENAME tome
    DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
  install(FILES packaging/completions/_tome
    DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
  install(FILES packaging/completions/tome.fish
    DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
endif()
