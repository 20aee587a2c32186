# tq_embed_kernels(VARIABLE): generates a C file with the texts of kernels/**/*.cl as byte arrays.
function(tq_embed_kernels variable)
    file(GLOB_RECURSE kernels CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/kernels/*.cl)
    set(output ${CMAKE_BINARY_DIR}/generated/embedded_kernels.c)
    list(JOIN kernels "|" joined)
    add_custom_command(
        OUTPUT ${output}
        COMMAND ${CMAKE_COMMAND} -DROOT=${CMAKE_CURRENT_SOURCE_DIR}/kernels "-DFILES=${joined}" -DOUTPUT=${output}
            -P ${CMAKE_CURRENT_SOURCE_DIR}/cmake/WriteKernels.cmake
        DEPENDS ${kernels} ${CMAKE_CURRENT_SOURCE_DIR}/cmake/WriteKernels.cmake
        COMMENT "Embedding kernels"
        VERBATIM)
    set(${variable} ${output} PARENT_SCOPE)
endfunction()
