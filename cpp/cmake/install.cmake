# Install rules: `find_package(client_cache)` and `client_cache::client_cache` for a C++ program.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

install(TARGETS client_cache EXPORT client_cache-targets)
install(DIRECTORY cpp/include/client_cache DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT client_cache-targets NAMESPACE client_cache::
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/client_cache)
configure_package_config_file(cpp/cmake/client_cache-config.cmake.in client_cache-config.cmake
                              INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/client_cache)
write_basic_package_version_file(client_cache-config-version.cmake COMPATIBILITY SameMajorVersion ARCH_INDEPENDENT)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/client_cache-config.cmake
              ${CMAKE_CURRENT_BINARY_DIR}/client_cache-config-version.cmake
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/client_cache)
