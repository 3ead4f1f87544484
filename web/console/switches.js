/** The switches of the alarm and of the language, remembered on this device. */
import { LANGUAGES, language, speak, t } from "../shared/catalogue/index.js";
import { el } from "../shared/dom.js";
import { WAYS, can, isOn, sound, turn } from "./alarm.js";

/** @import { Language } from "../shared/catalogue/index.js" */

/** How one wants to be called. @param {HTMLElement} section @param {() => void} changed */
export function mountAlarm(section, changed) {
  const box = el("div", "alarm");
  for (const way of WAYS) {
    const input = el("input");
    input.type = "checkbox";
    input.name = `alarm-${way}`;
    input.checked = isOn(way) && can(way);
    input.disabled = !can(way);
    input.addEventListener("change", () => {
      turn(way, input.checked);
      changed();
    });
    box.append(el("label", "", input, t(`alarm.${way}`), can(way) ? null : ` (${t("alarm.unable")})`));
  }
  const attempt = el("button", "", t("alarm.try"));
  attempt.type = "button";
  attempt.addEventListener("click", sound);
  section.replaceChildren(el("h2", "", t("alarm.title")), el("p", "soft", t("alarm.help")), box, attempt);
}

/** In which language the page speaks. @param {HTMLElement} place */
export function mountLanguage(place) {
  const select = el("select");
  for (const [tag, name] of Object.entries(LANGUAGES)) {
    const option = el("option", "", name);
    option.value = option.lang = tag;
    option.selected = tag === language;
    select.append(option);
  }
  select.addEventListener("change", () => speak(/** @type {Language} */ (select.value)));
  place.replaceChildren(el("label", "language", el("span", "", t("language.choose")), " ", select));
}
