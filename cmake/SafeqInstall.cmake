# SPDX-License-Identifier: Apache-2.0
# The installed tree: headers, static libraries, a CMake package with one component a room, a pkg-config file.
include(CMakePackageConfigHelpers)

function(safeq_install)
  get_property(vendored GLOBAL PROPERTY safeq_vendored_targets)
  install(TARGETS ${ARGN} ${vendored} EXPORT safeq_targets
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})

  # What users of safeq::net must compile Asio with.
  add_library(safeq_asio_flags INTERFACE)
  target_compile_definitions(safeq_asio_flags INTERFACE ASIO_STANDALONE ASIO_SEPARATE_COMPILATION ASIO_NO_DEPRECATED
    ASIO_DISABLE_STD_ALIGNED_ALLOC $<$<CXX_COMPILER_ID:Clang>:ASIO_HAS_CO_AWAIT=1>
    $<$<CXX_COMPILER_ID:Clang>:ASIO_HAS_STD_COROUTINE=1>)
  target_link_libraries(safeq_asio_flags INTERFACE Threads::Threads)
  set_target_properties(safeq_asio_flags PROPERTIES EXPORT_NAME asio_flags)
  install(TARGETS safeq_asio_flags EXPORT safeq_targets)

  install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/safeq" DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
    FILES_MATCHING PATTERN "*.hpp" PATTERN "*.inc")
  install(EXPORT safeq_targets NAMESPACE safeq:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/safeq)

  configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/safeqConfig.cmake.in" "${PROJECT_BINARY_DIR}/safeqConfig.cmake"
    INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/safeq)
  write_basic_package_version_file("${PROJECT_BINARY_DIR}/safeqConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
  install(FILES "${PROJECT_BINARY_DIR}/safeqConfig.cmake" "${PROJECT_BINARY_DIR}/safeqConfigVersion.cmake"
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/safeq)

  # pkg-config lists libraries from the top floor down, as a static linker wants them.
  get_property(rooms GLOBAL PROPERTY safeq_rooms)
  list(REVERSE rooms)
  set(SAFEQ_PC_LIBS "")
  foreach(room IN LISTS rooms)
    get_target_property(type safeq_${room} TYPE)
    if(NOT type STREQUAL "INTERFACE_LIBRARY")
      string(APPEND SAFEQ_PC_LIBS " -lsafeq_${room}")
    endif()
  endforeach()
  foreach(target IN LISTS vendored)
    string(APPEND SAFEQ_PC_LIBS " -l${target}")
  endforeach()
  configure_file("${PROJECT_SOURCE_DIR}/cmake/safeq.pc.in" "${PROJECT_BINARY_DIR}/safeq.pc" @ONLY)
  install(FILES "${PROJECT_BINARY_DIR}/safeq.pc" DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endfunction()
