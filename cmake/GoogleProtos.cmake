# google/api, google/rpc and google/type protos come from the registry package
# googleapis-common-protos, pinned with its hash in tools/requirements.txt and
# unpacked by tools/setup into build/google-protos. They are never copied in.
set(PASSERELLE_GOOGLE_PROTOS "${CMAKE_SOURCE_DIR}/build/google-protos"
  CACHE PATH "Import root that holds google/rpc/status.proto")
if(NOT EXISTS "${PASSERELLE_GOOGLE_PROTOS}/google/rpc/status.proto")
  message(FATAL_ERROR "google/rpc/status.proto is missing: run tools/setup")
endif()
