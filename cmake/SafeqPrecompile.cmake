# SPDX-License-Identifier: Apache-2.0
# The standard headers that nearly every file includes, compiled once: a third of the time of a whole build. Each file
# still names what it needs; builds with Clang go without and hold us to that.

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  set(precompile_default ON)
else()
  set(precompile_default OFF)
endif()
option(SAFEQ_PRECOMPILE "Precompile common headers" ${precompile_default})

# safeq_precompile(name [PROGRAM] LIBS libraries… HEADERS headers…): compiles the headers for the use of libraries, or of
# programs, which are compiled with -fPIE in place of -fPIC.
function(safeq_precompile name)
  cmake_parse_arguments(precompile "PROGRAM" "" "LIBS;HEADERS" ${ARGN})
  if(SAFEQ_PRECOMPILE)
    file(CONFIGURE OUTPUT "${CMAKE_CURRENT_BINARY_DIR}/${name}.cpp" CONTENT "// Carries the precompiled headers.\n")
    add_library(${name} OBJECT "${CMAKE_CURRENT_BINARY_DIR}/${name}.cpp")
    target_compile_features(${name} PRIVATE cxx_std_23)
    target_link_libraries(${name} PRIVATE safeq_flags ${precompile_LIBS})
    target_precompile_headers(${name} PRIVATE ${precompile_HEADERS})
    if(precompile_PROGRAM)
      set_target_properties(${name} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
      target_compile_options(${name} PRIVATE -fPIE)
    endif()
  endif()
endfunction()

function(safeq_use_precompiled target name)
  if(SAFEQ_PRECOMPILE)
    target_precompile_headers(${target} REUSE_FROM ${name})
  endif()
endfunction()

set(safeq_common_headers
  <algorithm> <array> <atomic> <chrono> <condition_variable> <cstdint> <cstring> <deque> <expected> <filesystem>
  <functional> <map> <memory> <mutex> <optional> <span> <string> <string_view> <thread> <unordered_map> <utility>
  <variant> <vector> <fmt/format.h>)
safeq_precompile(safeq_precompiled LIBS fmt::fmt HEADERS ${safeq_common_headers})
safeq_precompile(safeq_program_precompiled PROGRAM LIBS fmt::fmt HEADERS ${safeq_common_headers})
