# From protos to libraries. One command per proto runs protoc with the C++ and
# gRPC generators; one more runs our plugin over all of them.
#
# passerelle_contract(NAME contract ROOT dir PROTOS a.proto … [BASE b.proto …])
# creates
#   passerelle::<name>        messages (*.pb.h), no gRPC
#   passerelle::<name>_verbs  the classes guards implement (generated/*.verbs.h)
#   passerelle::<name>_glue   gRPC services and AllServices()
# BASE names protos of an earlier contract whose services AllServices() lists
# as well: a test adds an exchange that way. MESSAGES_ONLY stops after the first.

set(PASSERELLE_GEN "${CMAKE_BINARY_DIR}/gen")

function(passerelle_contract)
  cmake_parse_arguments(ARG "MESSAGES_ONLY" "NAME;ROOT" "PROTOS;BASE;DEPS" ${ARGN})
  set(gen "${PASSERELLE_GEN}/${ARG_NAME}")
  file(MAKE_DIRECTORY "${gen}/generated")
  set(paths -I "${ARG_ROOT}" -I "${CMAKE_SOURCE_DIR}/protos"
    -I "${PASSERELLE_GOOGLE_PROTOS}")
  set(message_sources)
  set(grpc_sources)
  set(verb_sources)
  set(glue_sources)
  set(absolute)
  foreach(proto ${ARG_PROTOS})
    string(REGEX REPLACE "\\.proto$" "" base "${proto}")
    get_filename_component(stem "${base}" NAME)
    list(APPEND absolute "${ARG_ROOT}/${proto}")
    # Whether it declares services is read here, so a change configures again.
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
      "${ARG_ROOT}/${proto}")
    list(APPEND message_sources "${gen}/${base}.pb.cc")
    file(STRINGS "${ARG_ROOT}/${proto}" services REGEX "^service ")
    file(STRINGS "${ARG_ROOT}/${proto}" unguarded
      REGEX "shape\\) = (MAILBOX|EVIDENCE)")
    if(services)
      list(APPEND grpc_sources "${gen}/${base}.grpc.pb.cc")
      list(APPEND glue_sources "${gen}/generated/${stem}.glue.cc")
      if(NOT unguarded)
        list(APPEND verb_sources "${gen}/generated/${stem}.verbs.cc")
      endif()
    endif()
    add_custom_command(
      OUTPUT "${gen}/${base}.pb.cc" "${gen}/${base}.pb.h"
             "${gen}/${base}.grpc.pb.cc" "${gen}/${base}.grpc.pb.h"
      COMMAND protobuf::protoc ${paths} --cpp_out=${gen} --grpc_out=${gen}
        --plugin=protoc-gen-grpc=$<TARGET_FILE:gRPC::grpc_cpp_plugin>
        "${ARG_ROOT}/${proto}"
      DEPENDS "${ARG_ROOT}/${proto}"
      COMMENT "Generating ${proto}")
  endforeach()
  foreach(proto ${ARG_BASE})
    list(APPEND base_absolute "${CMAKE_SOURCE_DIR}/protos/${proto}")
  endforeach()

  add_library(passerelle_${ARG_NAME} STATIC ${message_sources})
  target_include_directories(passerelle_${ARG_NAME} SYSTEM PUBLIC "${gen}")
  target_link_libraries(passerelle_${ARG_NAME} PUBLIC
    passerelle::options ${ARG_DEPS})
  add_library(passerelle::${ARG_NAME} ALIAS passerelle_${ARG_NAME})
  if(ARG_MESSAGES_ONLY)
    return()
  endif()

  set(plugin --plugin=protoc-gen-passerelle=$<TARGET_FILE:protoc-gen-passerelle>)
  string(REPLACE ".cc;" ".h;" verb_headers "${verb_sources};")
  list(REMOVE_ITEM verb_headers "")
  add_custom_command(
    OUTPUT ${verb_sources} ${verb_headers}
    COMMAND protobuf::protoc ${paths} ${plugin}
      --passerelle_out=${gen} --passerelle_opt=verbs ${absolute}
    DEPENDS ${absolute} protoc-gen-passerelle
    COMMENT "Generating verbs of ${ARG_NAME}")
  add_custom_command(
    OUTPUT ${glue_sources} "${gen}/generated/services.cc"
    COMMAND protobuf::protoc ${paths} ${plugin}
      --passerelle_out=${gen} --passerelle_opt=glue ${base_absolute} ${absolute}
    DEPENDS ${absolute} ${base_absolute} protoc-gen-passerelle
    COMMENT "Generating glue of ${ARG_NAME}")

  add_library(passerelle_${ARG_NAME}_grpc STATIC ${grpc_sources})
  target_link_libraries(passerelle_${ARG_NAME}_grpc PUBLIC
    passerelle_${ARG_NAME} gRPC::grpc++)
  target_precompile_headers(passerelle_${ARG_NAME}_grpc REUSE_FROM
    passerelle_grpc_pch)
  add_library(passerelle::${ARG_NAME}_grpc ALIAS passerelle_${ARG_NAME}_grpc)

  add_library(passerelle_${ARG_NAME}_verbs STATIC ${verb_sources})
  target_include_directories(passerelle_${ARG_NAME}_verbs PUBLIC
    "${CMAKE_SOURCE_DIR}")
  target_link_libraries(passerelle_${ARG_NAME}_verbs PUBLIC
    passerelle_${ARG_NAME} passerelle::internal absl::status absl::time)
  add_library(passerelle::${ARG_NAME}_verbs ALIAS passerelle_${ARG_NAME}_verbs)

  add_library(passerelle_${ARG_NAME}_glue STATIC ${glue_sources}
    "${gen}/generated/services.cc")
  target_include_directories(passerelle_${ARG_NAME}_glue PUBLIC
    "${CMAKE_SOURCE_DIR}")
  target_link_libraries(passerelle_${ARG_NAME}_glue PUBLIC
    passerelle_${ARG_NAME}_grpc passerelle_${ARG_NAME}_verbs
    passerelle_rpc passerelle_domain)
  target_precompile_headers(passerelle_${ARG_NAME}_glue REUSE_FROM
    passerelle_grpc_pch)
  add_library(passerelle::${ARG_NAME}_glue ALIAS passerelle_${ARG_NAME}_glue)
endfunction()
