# The device matrix. A device test runs once for each; one that is missing is shown as skipped.
find_library(OCLGRIND_ICD oclgrind-rt-icd PATHS /usr/lib/oclgrind PATH_SUFFIXES oclgrind)
file(GLOB rusticl_icd /etc/OpenCL/vendors/rusticl.icd)

set(tq_devices pocl-pthread pocl-basic rusticl oclgrind)
set(tq_environment_pocl-pthread POCL_DEVICES=pthread "TQ_DEVICE=portable computing")
# Tests of the host run kernels to see what is around them; device tests hold these. Not optimized, kernels take half of
# the time to build.
set(tq_environment_host ${tq_environment_pocl-pthread} POCL_EXTRA_BUILD_FLAGS=-cl-opt-disable)
# Some compute longer than they compile.
set(tq_computing_tests test_cli_run test_cli_sweep test_cli_train test_replan)
# The host reference, the same on all, is held against the exact oracles on the first device only.
# PoCL's basic device differs from its pthread device in scheduling only, and llvmpipe takes seconds for a program: a
# part of the long tests; the whole with scripts/test --devices=all. The basic device compiles without optimization:
# other code than the pthread device's from the same kernels, in half of the time.
set(tq_environment_pocl-basic POCL_DEVICES=basic "TQ_DEVICE=portable computing" TQ_TEST_DEVICE_ONLY=1 TQ_TEST_PART=1
    POCL_EXTRA_BUILD_FLAGS=-cl-opt-disable)
# llvmpipe takes minutes for a few of the largest kernels: fewer digests.
set(tq_environment_rusticl RUSTICL_ENABLE=llvmpipe TQ_DEVICE=rusticl TQ_TEST_DEVICE_ONLY=1 TQ_TEST_PART=1 TQ_TEST_SLOW_COMPILER=1)
set(tq_environment_oclgrind OCL_ICD_VENDORS=${OCLGRIND_ICD} TQ_DEVICE=oclgrind TQ_TEST_SMALL=1 TQ_TEST_DEVICE_ONLY=1)
# Devices of the slow tier, only with ctest -C devices (scripts/test --devices=all): Intel's runtimes, which
# scripts/intel-opencl fetches, and a GPU, where there is one. Whether one is there is seen when a test runs: in what
# `tq devices --json` prints.
set(tq_slow_devices intel-cpu intel-fpga gpu)
set(intel ${CMAKE_BINARY_DIR}/intel-opencl)
set(tq_environment_intel-cpu LD_LIBRARY_PATH=${intel}/cpu/lib OCL_ICD_VENDORS=${intel}/cpu/vendors TQ_DEVICE=cpu
    TQ_TEST_DEVICE_ONLY=1)
set(tq_there_intel-cpu "Intel.R. OpenCL")
# The emulator compiles with the same compiler: a part of the long tests.
set(tq_environment_intel-fpga LD_LIBRARY_PATH=${intel}/fpga/lib OCL_ICD_VENDORS=${intel}/fpga/vendors
    TQ_DEVICE=accelerator TQ_TEST_DEVICE_ONLY=1 TQ_TEST_PART=1)
set(tq_there_intel-fpga "FPGA Emulation")
set(tq_environment_gpu TQ_DEVICE=gpu TQ_TEST_DEVICE_ONLY=1)
set(tq_there_gpu "\"type\": \"gpu\"")
if(NOT rusticl_icd)
    set(tq_missing_rusticl "rusticl is not installed (Debian: mesa-opencl-icd)")
endif()
if(NOT OCLGRIND_ICD)
    set(tq_missing_oclgrind "Oclgrind is not installed (Debian: oclgrind)")
endif()

# Long ones start first, so that two run side by side to the end.
set(tq_long_tests device_contraction device_kind_gradients device_kinds device_lanes device_matmul device_optimizers
    device_paths device_tiles test_network)

# A cache directory for each test and device, so that tests may run side by side. Contexts do not ask devices whether they
# compute right, which would compile in each of these directories: device_selftest does, and test_selftest.
function(tq_set_environment test device)
    set(caches ${CMAKE_BINARY_DIR}/caches/${test})
    file(MAKE_DIRECTORY ${caches}/pocl)
    string(REGEX REPLACE "[.].*" "" name ${test})
    if(name IN_LIST tq_long_tests)
        set_tests_properties(${test} PROPERTIES COST 100)
    endif()
    set(limit 600)
    if(device STREQUAL rusticl)
        set(limit 3600) # with TQ_TEST_FULL
    endif()
    set_tests_properties(${test} PROPERTIES TIMEOUT ${limit} SKIP_RETURN_CODE 77
        ENVIRONMENT "${tq_environment_${device}};POCL_CACHE_DIR=${caches}/pocl;TQ_CACHE=${caches}/tq;TQ_SELFTEST=off;UBSAN_OPTIONS=print_stacktrace=1;LSAN_OPTIONS=suppressions=${CMAKE_CURRENT_FUNCTION_LIST_DIR}/support/lsan.supp:print_suppressions=0")
endfunction()

function(tq_add_host_test name)
    add_test(NAME ${name} COMMAND ${name})
    set(device host)
    if(name IN_LIST tq_computing_tests)
        set(device pocl-pthread)
    endif()
    tq_set_environment(${name} ${device})
    set_tests_properties(${name} PROPERTIES LABELS host)
endfunction()

function(tq_add_device_tests name)
    foreach(device IN LISTS tq_devices)
        set(test ${name}.${device})
        if(tq_missing_${device})
            add_test(NAME ${test} COMMAND ${CMAKE_COMMAND} -E echo "skipped: ${tq_missing_${device}}")
            set_tests_properties(${test} PROPERTIES SKIP_REGULAR_EXPRESSION "skipped: " LABELS "device;device:${device}")
            continue()
        endif()
        if(device STREQUAL oclgrind)
            # Oclgrind's exit status is the program's: its log must be empty.
            add_test(NAME ${test} COMMAND ${CMAKE_COMMAND} -DPROGRAM=$<TARGET_FILE:${name}>
                -DLOG=${CMAKE_BINARY_DIR}/caches/${test}.log -P ${CMAKE_CURRENT_SOURCE_DIR}/run_oclgrind.cmake)
        else()
            add_test(NAME ${test} COMMAND ${name})
        endif()
        tq_set_environment(${test} ${device})
        set_tests_properties(${test} PROPERTIES LABELS "device;device:${device}")
    endforeach()
    foreach(device IN LISTS tq_slow_devices)
        set(test ${name}.${device})
        add_test(NAME ${test} COMMAND ${CMAKE_COMMAND} -DPROGRAM=$<TARGET_FILE:${name}> -DTQ=$<TARGET_FILE:tq>
            -DDEVICE=${device} "-DTHERE=${tq_there_${device}}" -P ${CMAKE_CURRENT_SOURCE_DIR}/run_if_there.cmake
            CONFIGURATIONS devices)
        tq_set_environment(${test} ${device})
        set_tests_properties(${test} PROPERTIES LABELS "device;device:${device}" TIMEOUT 3600
            SKIP_REGULAR_EXPRESSION "skipped: ")
    endforeach()
    set_tests_properties(${name}.gpu PROPERTIES RESOURCE_LOCK gpu)
endfunction()
