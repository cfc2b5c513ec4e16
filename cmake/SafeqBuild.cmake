# SPDX-License-Identifier: Apache-2.0
# How every target of the project is compiled, and what a "room" is.

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release)
endif()

option(SAFEQ_WERROR "Treat warnings as errors" OFF)
set(SAFEQ_SANITIZE "" CACHE STRING "Sanitizers, for example address,undefined or thread")
option(SAFEQ_COVERAGE "Instrument for coverage (Clang)" OFF)

include(CheckPIESupported)
check_pie_supported()

# Warnings and hardening for our own code.
add_library(safeq_flags INTERFACE)
target_compile_options(safeq_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor -Wold-style-cast -Wcast-qual
  -Wformat=2 -Wundef -Wno-missing-field-initializers -Werror=switch -Werror=unused-result -Werror=return-type
  -fstack-protector-strong $<$<CXX_COMPILER_ID:GNU>:-fstack-clash-protection -fcf-protection>)
if(SAFEQ_WERROR)
  target_compile_options(safeq_flags INTERFACE -Werror)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # GCC 12 reports these inside std::expected and coroutine frames that are sound.
  target_compile_options(safeq_flags INTERFACE -Wno-maybe-uninitialized -Wno-restrict -Wno-stringop-overflow
    -Wno-stringop-overread -Wno-array-bounds)
endif()
target_compile_definitions(safeq_flags INTERFACE _GLIBCXX_ASSERTIONS)
if(SAFEQ_SANITIZE)
  target_compile_options(safeq_flags INTERFACE -fsanitize=${SAFEQ_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(safeq_flags INTERFACE -fsanitize=${SAFEQ_SANITIZE})
else()
  target_compile_options(safeq_flags INTERFACE $<$<NOT:$<CONFIG:Debug>>:-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2>)
endif()
if(SAFEQ_FUZZ AND NOT CMAKE_BUILD_TYPE STREQUAL "None")  # a fuzzing service brings flags of its own
  target_compile_options(safeq_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(SAFEQ_COVERAGE)
  target_compile_options(safeq_flags INTERFACE -fprofile-instr-generate -fcoverage-mapping)
  target_link_options(safeq_flags INTERFACE -fprofile-instr-generate -fcoverage-mapping)
endif()
target_link_options(safeq_flags INTERFACE -Wl,-z,relro,-z,now,-z,noexecstack)

# safeq_room(name ROOMS lower… LIBS public-foreign… PRIVATE_LIBS foreign…): one folder, one library, safeq::name.
function(safeq_room name)
  cmake_parse_arguments(room "" "" "ROOMS;LIBS;PRIVATE_LIBS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/lib/${name}/*.cpp")
  list(TRANSFORM room_ROOMS PREPEND "safeq_")
  if(sources)
    add_library(safeq_${name} ${sources})
    set(scope PUBLIC)
    target_link_libraries(safeq_${name} PRIVATE $<BUILD_INTERFACE:safeq_flags>)
    safeq_use_precompiled(safeq_${name} safeq_precompiled)
    foreach(library IN LISTS room_PRIVATE_LIBS)
      target_link_libraries(safeq_${name} PRIVATE $<BUILD_INTERFACE:${library}>)
      safeq_record_installed_libs(safeq_${name} ${library})
    endforeach()
    target_include_directories(safeq_${name} PRIVATE "${PROJECT_SOURCE_DIR}/lib")
  else()
    add_library(safeq_${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  add_library(safeq::${name} ALIAS safeq_${name})
  set_target_properties(safeq_${name} PROPERTIES EXPORT_NAME ${name})
  target_compile_features(safeq_${name} ${scope} cxx_std_23)
  target_include_directories(safeq_${name} ${scope}
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_link_libraries(safeq_${name} ${scope} ${room_ROOMS})
  foreach(library IN LISTS room_LIBS)
    target_link_libraries(safeq_${name} ${scope} $<BUILD_INTERFACE:${library}>)
    safeq_record_installed_libs(safeq_${name} ${library})
  endforeach()
  set_property(GLOBAL APPEND PROPERTY safeq_rooms ${name})
endfunction()

# safeq_umbrella(): safeq::safeq, all rooms; and their installation.
function(safeq_umbrella)
  get_property(rooms GLOBAL PROPERTY safeq_rooms)
  add_library(safeq_safeq INTERFACE)
  add_library(safeq::safeq ALIAS safeq_safeq)
  set_target_properties(safeq_safeq PROPERTIES EXPORT_NAME safeq)
  set(targets safeq_safeq)
  foreach(room IN LISTS rooms)
    target_link_libraries(safeq_safeq INTERFACE safeq_${room})
    list(APPEND targets safeq_${room})
  endforeach()
  include(SafeqInstall)
  safeq_install(${targets})
endfunction()

# safeq_program(name sources…): a program of the project's own.
function(safeq_program name)
  add_executable(${name} ${ARGN})
  target_link_libraries(${name} PRIVATE safeq_flags)
  set_target_properties(${name} PROPERTIES POSITION_INDEPENDENT_CODE ON)
endfunction()
