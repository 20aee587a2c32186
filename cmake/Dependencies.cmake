# What the library stands on. Required packages stop the configuration; optional ones are said.
find_package(PkgConfig REQUIRED)
find_package(OpenCL REQUIRED)
find_package(ZLIB REQUIRED)
set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash)
pkg_check_modules(PROTOBUF_C REQUIRED IMPORTED_TARGET libprotobuf-c)
if(NOT TARGET jansson::jansson)
    add_library(jansson::jansson ALIAS PkgConfig::JANSSON)
endif()

find_program(PROTOC_C protoc-c REQUIRED)
find_path(ONNX_PROTO_DIRECTORY onnx/onnx.proto REQUIRED)

# The ONNX model format, generated; warnings of generated code are not ours.
set(onnx_directory ${CMAKE_BINARY_DIR}/onnx)
file(MAKE_DIRECTORY ${onnx_directory})
add_custom_command(
    OUTPUT ${onnx_directory}/onnx.pb-c.c ${onnx_directory}/onnx.pb-c.h
    COMMAND ${PROTOC_C} --c_out=${onnx_directory} --proto_path=${ONNX_PROTO_DIRECTORY}/onnx onnx.proto
    DEPENDS ${ONNX_PROTO_DIRECTORY}/onnx/onnx.proto
    COMMENT "Generating onnx.pb-c.c"
    VERBATIM)
add_library(tq_onnx_proto STATIC ${onnx_directory}/onnx.pb-c.c ${onnx_directory}/onnx.pb-c.h)
target_include_directories(tq_onnx_proto SYSTEM PUBLIC ${onnx_directory})
target_link_libraries(tq_onnx_proto PUBLIC PkgConfig::PROTOBUF_C)
set_target_properties(tq_onnx_proto PROPERTIES POSITION_INDEPENDENT_CODE ON C_VISIBILITY_PRESET hidden)

add_library(tq_dependencies INTERFACE)
target_link_libraries(tq_dependencies INTERFACE OpenCL::OpenCL ZLIB::ZLIB Threads::Threads jansson::jansson PkgConfig::XXHASH
    tq_onnx_proto m)

# Plain float by CLBlast (context option `float`). -DCMAKE_DISABLE_FIND_PACKAGE_CLBlast=ON builds without it.
find_package(CLBlast QUIET)
if(CLBlast_FOUND)
    set(TQ_HAVE_CLBLAST 1)
    target_link_libraries(tq_dependencies INTERFACE clblast)
else()
    set(TQ_HAVE_CLBLAST 0)
endif()
target_compile_definitions(tq_dependencies INTERFACE TQ_HAVE_CLBLAST=${TQ_HAVE_CLBLAST})

# Images as data. -DCMAKE_DISABLE_FIND_PACKAGE_PNG=ON, ..._JPEG=ON build without them.
find_package(PNG QUIET)
find_package(JPEG QUIET)
foreach(format PNG JPEG)
    if(${format}_FOUND)
        set(TQ_HAVE_${format} 1)
        target_link_libraries(tq_dependencies INTERFACE ${format}::${format})
    else()
        set(TQ_HAVE_${format} 0)
    endif()
    target_compile_definitions(tq_dependencies INTERFACE TQ_HAVE_${format}=${TQ_HAVE_${format}})
endforeach()
find_library(MPFR_LIBRARY mpfr)
find_library(GMP_LIBRARY gmp)
find_path(RANDOM123_DIRECTORY Random123/philox.h)
find_package(cmocka QUIET)
foreach(optional CLBlast_FOUND PNG_FOUND JPEG_FOUND MPFR_LIBRARY RANDOM123_DIRECTORY cmocka_FOUND)
    if(NOT ${optional})
        message(STATUS "Not found (optional): ${optional}")
    endif()
endforeach()
