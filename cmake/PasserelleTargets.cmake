# How every target of this project is made: one warning set, one language level,
# explicit source lists, ccache when present.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

option(PASSERELLE_WERROR "Treat warnings as errors (presets turn it on)" OFF)
set(PASSERELLE_SANITIZE "" CACHE STRING "Value of -fsanitize, empty for none")

find_program(PASSERELLE_CCACHE ccache)
if(PASSERELLE_CCACHE)
  # Precompiled headers are only cacheable with these two relaxations.
  set(CMAKE_CXX_COMPILER_LAUNCHER
    ${CMAKE_COMMAND} -E env
    CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
    ${PASSERELLE_CCACHE})
endif()

if(PASSERELLE_SANITIZE)
  # -O1: g++ takes half a minute for a sanitized gRPC file at -O2.
  add_compile_options(-fsanitize=${PASSERELLE_SANITIZE}
    -fno-sanitize-recover=all -fno-omit-frame-pointer -O1 -g1)
  add_link_options(-fsanitize=${PASSERELLE_SANITIZE})
elseif(CMAKE_BUILD_TYPE STREQUAL "Release")
  add_compile_options(-g1 -fstack-protector-strong -D_FORTIFY_SOURCE=2)
  add_link_options(-Wl,-z,relro,-z,now)
endif()

add_library(passerelle_warnings INTERFACE)
target_compile_options(passerelle_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor
  -Woverloaded-virtual -Wold-style-cast
  $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety>
  # False alarm on joining short strings (GCC bug 105651).
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>
  $<$<BOOL:${PASSERELLE_WERROR}>:-Werror>)

# passerelle_library(NAME domain SRCS a.cc DEPS passerelle::common)
# creates passerelle_domain and its alias passerelle::domain.
function(passerelle_library)
  cmake_parse_arguments(ARG "" "NAME" "SRCS;HDRS;DEPS;PRIVATE_DEPS" ${ARGN})
  set(target passerelle_${ARG_NAME})
  if(ARG_SRCS)
    add_library(${target} STATIC ${ARG_SRCS} ${ARG_HDRS})
    target_include_directories(${target} PUBLIC "${CMAKE_SOURCE_DIR}")
    target_link_libraries(${target} PUBLIC ${ARG_DEPS}
      PRIVATE ${ARG_PRIVATE_DEPS} passerelle_warnings)
  else()
    add_library(${target} INTERFACE)
    target_include_directories(${target} INTERFACE "${CMAKE_SOURCE_DIR}")
    target_link_libraries(${target} INTERFACE ${ARG_DEPS})
  endif()
  add_library(passerelle::${ARG_NAME} ALIAS ${target})
endfunction()

# passerelle_binary(NAME passerelled SRCS main.cc DEPS passerelle::app)
function(passerelle_binary)
  cmake_parse_arguments(ARG "" "NAME" "SRCS;DEPS" ${ARGN})
  add_executable(${ARG_NAME} ${ARG_SRCS})
  target_include_directories(${ARG_NAME} PRIVATE "${CMAKE_SOURCE_DIR}")
  target_link_libraries(${ARG_NAME} PRIVATE ${ARG_DEPS} passerelle_warnings)
endfunction()

# What the sanitizers run over: labels unit, contract, migration and rpc.
add_custom_target(quick_tests)

# passerelle_test(NAME sqlite_store_test LABEL contract SRCS … DEPS … TIMEOUT 60)
# A test file may hold many cases; each is its own ctest entry. ALONE keeps the
# whole file one entry (process-level tests that share a costly set-up).
function(passerelle_test)
  cmake_parse_arguments(ARG "ALONE" "NAME;LABEL;TIMEOUT" "SRCS;DEPS" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 60)
  endif()
  add_executable(${ARG_NAME} ${ARG_SRCS})
  set_target_properties(${ARG_NAME} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/tests")
  target_include_directories(${ARG_NAME} PRIVATE "${CMAKE_SOURCE_DIR}")
  target_link_libraries(${ARG_NAME} PRIVATE ${ARG_DEPS}
    GTest::gmock GTest::gtest_main passerelle_warnings)
  if(ARG_LABEL MATCHES "^(unit|contract|migration|rpc)$")
    add_dependencies(quick_tests ${ARG_NAME})
  endif()
  if(ARG_ALONE)
    add_test(NAME ${ARG_NAME} COMMAND ${ARG_NAME})
    set_tests_properties(${ARG_NAME} PROPERTIES
      LABELS ${ARG_LABEL} TIMEOUT ${ARG_TIMEOUT})
  else()
    gtest_discover_tests(${ARG_NAME} DISCOVERY_MODE PRE_TEST
      TEST_PREFIX "${ARG_NAME}." PROPERTIES LABELS ${ARG_LABEL}
      TIMEOUT ${ARG_TIMEOUT})
  endif()
endfunction()
