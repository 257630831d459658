document.documentElement.dataset['page'] = 'overlay-settings';
