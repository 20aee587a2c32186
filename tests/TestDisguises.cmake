# PoCL's pthread device disguised by the layer (layers/disguise.h). The tests of the list run in the suite, all device tests
# with ctest -C slow -L device:disguise-gpu or -narrow.
set(tq_disguises disguise-gpu disguise-narrow)
set(tq_layered POCL_DEVICES=pthread OPENCL_LAYERS=${CMAKE_CURRENT_BINARY_DIR}/libdisguise.so TQ_DEVICE=disguised
    TQ_TEST_SMALL=1 TQ_TEST_PART=1 TQ_TEST_DEVICE_ONLY=1)
set(tq_environment_disguise-gpu ${tq_layered}
    TQ_DISGUISE=name=disguised,type=gpu,fp64=0,fma=0,denorm=0,group=16,local=16K)
set(tq_environment_disguise-narrow ${tq_layered} TQ_DISGUISE=name=disguised,type=gpu,kernel-group=4)
set(tq_quick_disguise-gpu device_runtime device_loss)
set(tq_quick_disguise-narrow device_runtime)

function(tq_add_disguised_tests name)
    foreach(disguise IN LISTS tq_disguises)
        set(test ${name}.${disguise})
        set(when CONFIGURATIONS slow)
        if(name IN_LIST tq_quick_${disguise})
            set(when "")
        endif()
        add_test(NAME ${test} COMMAND ${name} ${when})
        tq_set_environment(${test} ${disguise})
        set_tests_properties(${test} PROPERTIES LABELS "device;device:${disguise}")
    endforeach()
endfunction()
