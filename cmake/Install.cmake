# Installation: library, headers, kernels, program, CMake package, pkg-config file.
include(CMakePackageConfigHelpers)

install(TARGETS tensorquant EXPORT TensorQuantTargets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
if(TARGET tq)
    install(TARGETS tq RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
install(DIRECTORY include/tensorquant DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY kernels/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/tensorquant/kernels)

set(package_directory ${CMAKE_INSTALL_LIBDIR}/cmake/TensorQuant)
install(EXPORT TensorQuantTargets NAMESPACE TensorQuant:: DESTINATION ${package_directory})
write_basic_package_version_file(${CMAKE_BINARY_DIR}/TensorQuantConfigVersion.cmake COMPATIBILITY SameMajorVersion)
configure_file(cmake/TensorQuantConfig.cmake.in ${CMAKE_BINARY_DIR}/TensorQuantConfig.cmake @ONLY)
# Relative, so that the installation can be moved and `cmake --install --prefix` works.
file(RELATIVE_PATH prefix_from_pkgconfig ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
configure_file(cmake/tensorquant.pc.in ${CMAKE_BINARY_DIR}/tensorquant.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/TensorQuantConfig.cmake ${CMAKE_BINARY_DIR}/TensorQuantConfigVersion.cmake
    DESTINATION ${package_directory})
install(FILES ${CMAKE_BINARY_DIR}/tensorquant.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
