# Writes a data file as one C++ function that returns its text.
#   cmake -DINPUT=x.toml -DOUTPUT=x.cc -DHEADER=a/x.h -DNAMESPACE=a::b
#     -DFUNCTION=BuiltInX -P this_file
file(READ "${INPUT}" text)
file(WRITE "${OUTPUT}" "// Made by embed.cmake.
#include \"${HEADER}\"

namespace ${NAMESPACE} {

absl::string_view ${FUNCTION}() {
  return R\"data(${text})data\";
}

}  // namespace ${NAMESPACE}
")
