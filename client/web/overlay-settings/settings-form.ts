import { OVERLAY_SETTINGS, type OverlaySettings, resolveAppearance } from '../roll-up/overlay-settings.ts';
import { createElement } from '../ui/dom.ts';
import type { SettingInput, UrlSetting } from '../ui/url-settings.ts';
import { type FieldName, FORM_SECTIONS } from './form-sections.ts';

type Control = HTMLInputElement | HTMLSelectElement;
const getSetting = (name: FieldName): UrlSetting<unknown> => OVERLAY_SETTINGS[name];

/** The form of all settings, built from their table. Calls `changed` for every valid change. */
export class SettingsForm {
  readonly #form: HTMLElement;
  readonly #changed: (values: OverlaySettings) => void;
  readonly #controls = new Map<FieldName, readonly Control[]>();
  #values: OverlaySettings;

  constructor(form: HTMLElement, values: OverlaySettings, changed: (values: OverlaySettings) => void) {
    this.#form = form;
    this.#values = values;
    this.#changed = changed;
    for (const { title, fields } of FORM_SECTIONS) {
      const controls = Object.entries(fields).map(([name, label]) => this.#createField(name as FieldName, label));
      this.#form.append(createElement('fieldset', {}, createElement('legend', {}, title), ...controls));
    }
    this.fill(values);
  }

  fill(values: OverlaySettings): void {
    this.#values = values;
    for (const [name, controls] of this.#controls) for (const control of controls) this.#showValue(name, control);
  }

  #createField(name: FieldName, label: string): HTMLElement {
    const { input, doc } = getSetting(name);
    const text = createElement('span', {}, label);
    const help = createElement('span', { className: 'field-help', id: `help-${name}` }, doc.replace(/`/g, ''));
    const controls = this.#createControls(name, input, label);
    this.#controls.set(name, controls);
    for (const control of controls) {
      control.setAttribute('aria-describedby', help.id);
      control.addEventListener('input', () => this.#read(name, control));
    }
    const field =
      input.kind === 'flag'
        ? createElement('label', { className: 'checkbox' }, ...controls, text)
        : createElement('label', { className: input.kind === 'whole' ? 'number-field' : '' }, text, ...controls);
    return createElement('div', {}, field, help);
  }

  #createControls(name: FieldName, input: SettingInput, label: string): readonly Control[] {
    if (input.kind === 'choice') {
      const options = input.options.map((option) => new Option(option, option));
      return [createElement('select', { id: `set-${name}` }, ...options)];
    }
    const field = createElement('input', { id: `set-${name}`, autocomplete: 'off' });
    field.type = { text: 'text', flag: 'checkbox', color: 'color', whole: 'number' }[input.kind];
    if (input.kind !== 'whole') return [field];
    const slider = createElement('input', { type: 'range', attributes: { 'aria-label': `${label}, slider` } });
    for (const control of [slider, field]) {
      control.min = String(input.min);
      control.max = String(input.max);
      control.step = input.max > 1_000 ? '100' : '1';
    }
    field.step = '1';
    return [slider, field];
  }

  #showValue(name: FieldName, control: Control): void {
    const value = this.#values[name];
    const { input, write } = getSetting(name);
    control.removeAttribute('aria-invalid');
    if (input.kind === 'flag') (control as HTMLInputElement).checked = value as boolean;
    // Without a choice of one's own, the field shows the theme's colour.
    else if (value === undefined) control.value = String(resolveAppearance(this.#values)[name as 'color']);
    else control.value = input.kind === 'color' ? String(value) : write(value);
  }

  #read(name: FieldName, control: Control): void {
    const setting = getSetting(name);
    const box = control instanceof HTMLInputElement && control.type === 'checkbox';
    const text = box ? (control.checked ? '1' : '0') : control.value.trim();
    const value = text === '' ? setting.default : setting.read(text);
    control.toggleAttribute('aria-invalid', value === undefined && text !== '');
    if (value === undefined && text !== '') {
      control.setAttribute('aria-invalid', 'true');
      return;
    }
    this.#values = { ...this.#values, [name]: value };
    if (name === 'theme') {
      // Choosing a theme resets what was chosen over the last one, which would hide it.
      const own = { color: undefined, bg: undefined, bgOpacity: undefined, stroke: undefined, shadow: undefined };
      this.#values = { ...this.#values, ...own };
    }
    for (const [other, controls] of this.#controls) {
      for (const sibling of controls)
        if (sibling !== control && (other === name || name === 'theme')) this.#showValue(other, sibling);
    }
    this.#changed(this.#values);
  }
}
