# Options, and the flags that every target of ours is compiled with.
option(TQ_WERROR "Treat warnings as errors" ON)
option(TQ_TESTS "Build the tests" ON)
option(TQ_EXAMPLES "Build the examples" ON)
option(TQ_BENCH "Build the benchmark tq-bench" ON)
option(TQ_FUZZ "Build the fuzz targets with libFuzzer (clang), see scripts/fuzz" OFF)
set(TQ_SANITIZE "" CACHE STRING "Sanitizers, for example address,undefined")

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
    set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "Build type" FORCE)
endif()
set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

add_library(tq_warnings INTERFACE)
# Host arithmetic is part of the promise: no contraction.
target_compile_options(tq_warnings INTERFACE -Wall -Wextra -Wpedantic -ffp-contract=off
    $<$<BOOL:${TQ_WERROR}>:-Werror>)
target_compile_definitions(tq_warnings INTERFACE _POSIX_C_SOURCE=200809L _DEFAULT_SOURCE)
if(TQ_SANITIZE)
    add_compile_options(-fsanitize=${TQ_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=undefined)
    add_link_options(-fsanitize=${TQ_SANITIZE})
    # In every program: drivers stay loaded, so that lsan.supp can name their leaks.
    add_library(tq_keep_loaded OBJECT tests/support/keep_loaded.c)
    set(TQ_PROGRAM_OBJECTS $<TARGET_OBJECTS:tq_keep_loaded>)
endif()
