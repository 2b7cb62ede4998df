#include "server/domain/phone.h"

#include "phonenumbers/phonenumberutil.h"

namespace passerelle::domain {

std::string ToE164(absl::string_view text, absl::string_view country) {
  using i18n::phonenumbers::PhoneNumber;
  using i18n::phonenumbers::PhoneNumberUtil;
  PhoneNumberUtil& numbers = *PhoneNumberUtil::GetInstance();
  PhoneNumber number;
  const auto error =
      numbers.Parse(std::string(text),
                    country.empty() ? "ZZ" : std::string(country), &number);
  if (error != PhoneNumberUtil::NO_PARSING_ERROR ||
      !numbers.IsPossibleNumber(number)) {
    return "";
  }
  std::string e164;
  numbers.Format(number, PhoneNumberUtil::E164, &e164);
  return e164;
}

}  // namespace passerelle::domain
