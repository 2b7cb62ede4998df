# Writes the data files of data/matching as C++ string literals.
#   cmake -DFOLDER=data/matching -DOUTPUT=x.cc -P this_file
set(code "// Made by embed_data.cmake.
#include \"server/matching/data.h\"

namespace passerelle::matching {
")
# A literal may hold 65,536 characters in portable C++; ours are smaller.
foreach(pair "NameWords:name_words.tsv" "NameVariants:name_variants.tsv"
    "NameCosts:name_costs.tsv")
  string(REPLACE ":" ";" pair "${pair}")
  list(GET pair 0 name)
  list(GET pair 1 file)
  file(READ "${FOLDER}/${file}" text)
  string(APPEND code "
absl::string_view ${name}Text() {
  return R\"tsv(${text})tsv\";
}
")
endforeach()
string(APPEND code "
}  // namespace passerelle::matching
")
file(WRITE "${OUTPUT}" "${code}")
