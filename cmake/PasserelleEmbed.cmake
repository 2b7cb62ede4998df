# passerelle_embed(INPUT data/x.toml OUTPUT x.cc HEADER server/x.h
#   NAMESPACE passerelle::x FUNCTION BuiltInX)
# makes a source file whose function, declared in the header, returns the text.
set(PASSERELLE_EMBED_SCRIPT "${CMAKE_CURRENT_LIST_DIR}/embed.cmake")
function(passerelle_embed)
  cmake_parse_arguments(ARG "" "INPUT;OUTPUT;HEADER;NAMESPACE;FUNCTION" "" ${ARGN})
  add_custom_command(OUTPUT "${ARG_OUTPUT}"
    COMMAND ${CMAKE_COMMAND} "-DINPUT=${ARG_INPUT}" "-DOUTPUT=${ARG_OUTPUT}"
      "-DHEADER=${ARG_HEADER}" "-DNAMESPACE=${ARG_NAMESPACE}"
      "-DFUNCTION=${ARG_FUNCTION}" -P "${PASSERELLE_EMBED_SCRIPT}"
    DEPENDS "${ARG_INPUT}" "${PASSERELLE_EMBED_SCRIPT}"
    VERBATIM)
endfunction()
