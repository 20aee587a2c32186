# The tests of the program tq run the one in the build folder.
if(TARGET tq)
    foreach(test test_cli test_selftest test_verbose test_cli_run test_cli_sweep test_cli_train test_images
            test_opencl_faults test_cache_damage)
        add_dependencies(${test} tq)
        set_tests_properties(${test} PROPERTIES LABELS "host;program")
        # LeakSanitizer crashes where a program ends while driver threads run; other tests look for leaks.
        set_property(TEST ${test} APPEND PROPERTY ENVIRONMENT ASAN_OPTIONS=detect_leaks=0)
    endforeach()
endif()
