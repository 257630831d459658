import { OVERLAY_SETTINGS, type OverlaySettings, resolveAppearance } from '../roll-up/overlay-settings.ts';
import type { SettingInput, UrlSetting } from '../ui/url-settings.ts';
import { type FieldName, FORM_SECTIONS } from './fields.ts';

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
      const part = document.createElement('fieldset');
      const legend = document.createElement('legend');
      legend.textContent = title;
      part.append(legend);
      for (const [name, label] of Object.entries(fields)) part.append(this.#createField(name as FieldName, label));
      this.#form.append(part);
    }
    this.fill(values);
  }

  fill(values: OverlaySettings): void {
    this.#values = values;
    for (const [name, controls] of this.#controls) for (const control of controls) this.#showValue(name, control);
  }

  #createField(name: FieldName, label: string): HTMLElement {
    const { input, doc } = getSetting(name);
    const field = document.createElement('label');
    const text = document.createElement('span');
    text.textContent = label;
    const more = document.createElement('span');
    more.className = 'doc';
    more.id = `doc-${name}`;
    more.textContent = doc.replace(/`/g, '');
    const controls = this.#createControls(name, input, label);
    this.#controls.set(name, controls);
    for (const control of controls) {
      control.setAttribute('aria-describedby', more.id);
      control.addEventListener('input', () => this.#read(name, control));
    }
    const box = document.createElement('div');
    if (input.kind === 'flag') {
      field.className = 'check';
      field.append(...controls, text);
    } else {
      if (input.kind === 'whole') field.className = 'whole';
      field.append(text, ...controls);
    }
    box.append(field, more);
    return box;
  }

  #createControls(name: FieldName, input: SettingInput, label: string): readonly Control[] {
    if (input.kind === 'choice') {
      const select = document.createElement('select');
      select.append(...input.options.map((option) => new Option(option, option)));
      select.id = `set-${name}`;
      return [select];
    }
    const field = document.createElement('input');
    field.id = `set-${name}`;
    field.autocomplete = 'off';
    field.type = { text: 'text', flag: 'checkbox', color: 'color', whole: 'number' }[input.kind];
    if (input.kind !== 'whole') return [field];
    const slider = document.createElement('input');
    slider.type = 'range';
    slider.setAttribute('aria-label', `${label}, slider`);
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
