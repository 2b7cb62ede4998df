#ifndef PASSERELLE_SERVER_MATCHING_LINK_WATERFALL_TEXT_H_
#define PASSERELLE_SERVER_MATCHING_LINK_WATERFALL_TEXT_H_

#include <string>

#include "server/matching/explanation.h"

namespace passerelle::link {

// "birth_date" for people: "birth date".
std::string ComparisonWords(matching::Comparison comparison);

// The reasons of a pair as lines of text, from the prior to the probability.
std::string WaterfallText(const matching::Explanation& explanation);

// What speaks for (or against) one person, in a few words, the weightiest
// first: "family name exact; birth date one digit differs".
std::string ReasonsFor(const matching::Explanation& explanation);
std::string ReasonsAgainst(const matching::Explanation& explanation);

}  // namespace passerelle::link

#endif  // PASSERELLE_SERVER_MATCHING_LINK_WATERFALL_TEXT_H_
