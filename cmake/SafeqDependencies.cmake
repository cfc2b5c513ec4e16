# SPDX-License-Identifier: Apache-2.0
# Foreign libraries, one target each; ./run installs or builds what is missing (cmake/deps).

find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(fmt 9 REQUIRED)

# What a consumer of the installed static libraries must link in place of a build-tree target.
function(safeq_record_installed_libs target library)
  get_target_property(installed ${library} SAFEQ_INSTALLED)
  if(installed)
    target_link_libraries(${target} INTERFACE "$<INSTALL_INTERFACE:$<LINK_ONLY:${installed}>>")
  elseif(library STREQUAL "fmt::fmt")
    target_link_libraries(${target} INTERFACE $<INSTALL_INTERFACE:fmt::fmt>)
  endif()
endfunction()

# Botan: older versions are refused, see cmake/deps/botan.sh and SECURITY.md.
find_package(Botan 3.13.0 REQUIRED)
add_library(safeq_botan INTERFACE)
if(TARGET Botan::Botan-static)
  target_link_libraries(safeq_botan INTERFACE Botan::Botan-static)
  set_target_properties(safeq_botan PROPERTIES SAFEQ_INSTALLED Botan::Botan-static)
else()
  target_link_libraries(safeq_botan INTERFACE Botan::Botan)
  set_target_properties(safeq_botan PROPERTIES SAFEQ_INSTALLED Botan::Botan)
endif()

# llhttp: Debian 12 ships its C sources with node-llhttp; they are compiled here in strict mode, without which
# smuggled heads and chunks pass. Newer systems have a library, whose strictness a test asserts.
find_file(SAFEQ_LLHTTP_SOURCE llhttp.c PATHS /usr/share/llhttp DOC "llhttp.c of Debian's node-llhttp")
find_path(SAFEQ_LLHTTP_INCLUDE llhttp.h PATHS /usr/share/include/llhttp /usr/include DOC "Folder of llhttp.h")
find_library(SAFEQ_LLHTTP_LIBRARY llhttp)
if(SAFEQ_LLHTTP_SOURCE AND SAFEQ_LLHTTP_INCLUDE)
  get_filename_component(llhttp_dir "${SAFEQ_LLHTTP_SOURCE}" DIRECTORY)
  add_library(safeq_llhttp STATIC "${llhttp_dir}/llhttp.c" "${llhttp_dir}/api.c" "${llhttp_dir}/http.c")
  target_compile_definitions(safeq_llhttp PUBLIC LLHTTP_STRICT_MODE=1)
  target_include_directories(safeq_llhttp SYSTEM PUBLIC $<BUILD_INTERFACE:${SAFEQ_LLHTTP_INCLUDE}>)
  set_target_properties(safeq_llhttp PROPERTIES SAFEQ_INSTALLED safeq::llhttp EXPORT_NAME llhttp)
  set_property(GLOBAL PROPERTY safeq_vendored_targets safeq_llhttp)
elseif(SAFEQ_LLHTTP_LIBRARY AND SAFEQ_LLHTTP_INCLUDE)
  add_library(safeq_llhttp INTERFACE)
  target_link_libraries(safeq_llhttp INTERFACE "${SAFEQ_LLHTTP_LIBRARY}")
  target_include_directories(safeq_llhttp SYSTEM INTERFACE "${SAFEQ_LLHTTP_INCLUDE}")
  set_target_properties(safeq_llhttp PROPERTIES SAFEQ_INSTALLED "${SAFEQ_LLHTTP_LIBRARY}")
else()
  message(FATAL_ERROR "llhttp is missing: install node-llhttp (Debian 12) or libllhttp-dev (Debian 13)")
endif()

find_package(nlohmann_json 3.11 REQUIRED)
add_library(safeq_json INTERFACE)
target_link_libraries(safeq_json INTERFACE nlohmann_json::nlohmann_json)

pkg_check_modules(QPDF REQUIRED IMPORTED_TARGET libqpdf)
add_library(safeq_qpdf INTERFACE)
target_link_libraries(safeq_qpdf INTERFACE PkgConfig::QPDF)
set_target_properties(safeq_qpdf PROPERTIES SAFEQ_INSTALLED PkgConfig::QPDF)

# Optional: without it there is no room connect.
pkg_check_modules(P11KIT IMPORTED_TARGET p11-kit-1)
if(P11KIT_FOUND)
  set(SAFEQ_PC_OPTIONAL " p11-kit-1")
  add_library(safeq_p11kit INTERFACE)
  target_link_libraries(safeq_p11kit INTERFACE PkgConfig::P11KIT)
  set_target_properties(safeq_p11kit PROPERTIES SAFEQ_INSTALLED PkgConfig::P11KIT)
else()
  set(P11KIT_FOUND FALSE)
endif()

pkg_check_modules(SQLITE REQUIRED IMPORTED_TARGET sqlite3)
add_library(safeq_sqlite INTERFACE)
target_link_libraries(safeq_sqlite INTERFACE PkgConfig::SQLITE)
set_target_properties(safeq_sqlite PROPERTIES SAFEQ_INSTALLED PkgConfig::SQLITE)

# Asio is header-only; lib/net/asio_impl.cpp compiles it once.
find_path(SAFEQ_ASIO_INCLUDE asio.hpp REQUIRED)
add_library(safeq_asio INTERFACE)
target_include_directories(safeq_asio SYSTEM INTERFACE "${SAFEQ_ASIO_INCLUDE}")
# Whether Asio 1.22 allocates by aligned_alloc depends on what was included before it: settled here, or one file frees what
# another allocated otherwise. Its coroutines with Clang and libstdc++ must be asked for.
target_compile_definitions(safeq_asio INTERFACE ASIO_STANDALONE ASIO_SEPARATE_COMPILATION ASIO_NO_DEPRECATED
  ASIO_DISABLE_STD_ALIGNED_ALLOC $<$<CXX_COMPILER_ID:Clang>:ASIO_HAS_CO_AWAIT=1>
  $<$<CXX_COMPILER_ID:Clang>:ASIO_HAS_STD_COROUTINE=1>)
if(SAFEQ_SANITIZE MATCHES "thread")
  target_compile_definitions(safeq_asio INTERFACE ASIO_DISABLE_FENCED_BLOCK)  # fences, which TSan doesn't understand
endif()
target_link_libraries(safeq_asio INTERFACE Threads::Threads)
set_target_properties(safeq_asio PROPERTIES SAFEQ_INSTALLED safeq::asio_flags EXPORT_NAME asio_flags)
