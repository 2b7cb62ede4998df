#ifndef PASSERELLE_SERVER_MATCHING_LINK_FIELDS_H_
#define PASSERELLE_SERVER_MATCHING_LINK_FIELDS_H_

#include <string>
#include <utility>
#include <vector>

namespace passerelle::link {

// What a table says of a person, as written: the columns of the map but for
// the id, in the order of the table, by name.
using Fields = std::vector<std::pair<std::string, std::string>>;

}  // namespace passerelle::link

#endif  // PASSERELLE_SERVER_MATCHING_LINK_FIELDS_H_
