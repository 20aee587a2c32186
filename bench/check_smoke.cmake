# `tq-bench --smoke --json` prints a list of rows, each complete, with positive speeds and ratios.
#
#     cmake -DPROGRAM=<tq-bench> -P check_smoke.cmake
cmake_minimum_required(VERSION 3.22)

execute_process(COMMAND ${PROGRAM} --smoke --json OUTPUT_VARIABLE text RESULT_VARIABLE result)
if(NOT result EQUAL 0)
    message(FATAL_ERROR "tq-bench --smoke --json ended with ${result}")
endif()

string(JSON rows LENGTH "${text}")
if(rows LESS 10)
    message(FATAL_ERROR "only ${rows} rows:\n${text}")
endif()

function(expect_positive row key)
    string(JSON type TYPE "${text}" ${row} ${key})
    string(JSON value GET "${text}" ${row} ${key})
    if(NOT type STREQUAL "NUMBER" OR NOT value GREATER 0)
        message(SEND_ERROR "row ${row}: ${key} is ${value}")
    endif()
endfunction()

math(EXPR last "${rows} - 1")
foreach(row RANGE ${last})
    foreach(key work format path reference)
        string(JSON type TYPE "${text}" ${row} ${key})
        if(NOT type STREQUAL "STRING")
            message(SEND_ERROR "row ${row}: ${key} is of type ${type}")
        endif()
    endforeach()
    string(JSON work GET "${text}" ${row} work)
    if(work MATCHES "elements")
        expect_positive(${row} gbs)
    else()
        expect_positive(${row} gmacs)
    endif()
    expect_positive(${row} ratio)
endforeach()
