# Tests of the tree itself: includes, names, sizes, headers, kernels, exported symbols, README, installation.
find_program(CLANG NAMES clang)
find_program(CXX_COMPILER NAMES g++ clang++ c++)
set(tq_sanitize_flags "")
if(TQ_SANITIZE)
    set(tq_sanitize_flags "-fsanitize=${TQ_SANITIZE}")
endif()

function(tq_add_hygiene_test name)
    add_test(NAME hygiene_${name} COMMAND ${ARGN})
    tq_set_environment(hygiene_${name} pocl-pthread)
    set_tests_properties(hygiene_${name} PROPERTIES LABELS hygiene)
endfunction()

set(checks ${CMAKE_CURRENT_SOURCE_DIR})
tq_add_hygiene_test(includes ${CMAKE_COMMAND} -DROOT=${PROJECT_SOURCE_DIR} -P ${checks}/check_includes.cmake)
tq_add_hygiene_test(files ${checks}/check_files.sh ${PROJECT_SOURCE_DIR})
tq_add_hygiene_test(headers ${checks}/check_headers.sh ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR}/include
    ${CMAKE_C_COMPILER} $<$<BOOL:${CXX_COMPILER}>:${CXX_COMPILER}>)
tq_add_hygiene_test(kernels ${checks}/check_kernels.sh ${PROJECT_SOURCE_DIR}/kernels $<$<BOOL:${CLANG}>:${CLANG}>)
tq_add_hygiene_test(remote ${checks}/check_remote.sh ${PROJECT_SOURCE_DIR})
tq_add_hygiene_test(symbols ${checks}/check_symbols.sh $<TARGET_FILE:tensorquant>)
tq_add_hygiene_test(readme ${checks}/check_readme.sh ${PROJECT_SOURCE_DIR})
tq_add_hygiene_test(checks ${checks}/check_checks.sh ${PROJECT_SOURCE_DIR} ${CMAKE_COMMAND}
    ${PROJECT_BINARY_DIR}/check_checks ${CMAKE_C_COMPILER})
tq_add_hygiene_test(install ${CMAKE_COMMAND} -DBUILD=${PROJECT_BINARY_DIR} -DSOURCE=${checks}/consumer
    -DWORK=${PROJECT_BINARY_DIR}/check_install -DCC=${CMAKE_C_COMPILER} "-DGENERATOR=${CMAKE_GENERATOR}"
    "-DFLAGS=${tq_sanitize_flags}" -P ${checks}/check_install.cmake)
